// A published JavaScript client of the API, generated from version 5.3: older than audiences, so it walks what it knows.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import sdk from 'pinterest-sdk';

const { PARTERRE_URL, PARTERRE_TOKEN, PARTERRE_ACCOUNT } = process.env;

test('it lists the ad accounts', async () => {
  const client = new sdk.ApiClient(`${PARTERRE_URL}/v5`);
  client.authentications.pinterest_oauth2.accessToken = PARTERRE_TOKEN;
  const page = await new Promise((resolve, reject) => {
    new sdk.AdAccountsApi(client).adAccountsList({ pageSize: 5 }, (err, data) => (err ? reject(err) : resolve(data)));
  });
  assert.ok(page.items.some((account) => account.id === PARTERRE_ACCOUNT));
});

test('it is told when its token is unknown', async () => {
  const client = new sdk.ApiClient(`${PARTERRE_URL}/v5`);
  client.authentications.pinterest_oauth2.accessToken = 'pina_nobody';
  const refused = await new Promise((resolve) => {
    new sdk.AdAccountsApi(client).adAccountsList({}, (err) => resolve(err));
  });
  assert.equal(refused.status, 401);
});
