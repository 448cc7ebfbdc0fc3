// A client that is generated at run time from the published contract, with nothing but the host changed.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { OpenAPIClientAxios } from 'openapi-client-axios';

const { PARTERRE_URL, PARTERRE_TOKEN, PARTERRE_ACCOUNT: ad_account_id, PARTERRE_BUSINESS: business_id, CONTRACT } = process.env;

let client;

// call runs the operation of that id and gives the body of the answer.
async function call(operationId, parameters = {}, body, config) {
  const { data } = await client[operationId]({ ad_account_id, ...parameters }, body, config);
  return data;
}

before(async () => {
  const definition = JSON.parse(await readFile(CONTRACT, 'utf8'));
  definition.servers = [{ url: `${PARTERRE_URL}/v5` }];
  const api = new OpenAPIClientAxios({ definition });
  client = await api.init();
  client.defaults.headers.common.Authorization = `Bearer ${PARTERRE_TOKEN}`;
});

const addresses = (n) => Array.from({ length: n }, (_, i) => `js${i}@example.com`).join(',');
const digest = (text) => createHash('sha256').update(text).digest('hex');

// settled reads an audience until its members are known.
async function settled(audience_id) {
  for (let tries = 0; tries < 600; tries++) {
    const audience = await call('audiences/get', { audience_id });
    if (audience.status !== 'INITIALIZING') return audience;
    await pause(50);
  }
  throw new Error(`audience ${audience_id} stayed INITIALIZING`);
}

test('an audience lives', async () => {
  const list = await call('customer_lists/create', {}, { name: 'JS', records: addresses(130) });
  assert.equal(list.num_uploaded_user_records, 130);
  const made = await call('audiences/create', {}, {
    audience_type: 'CUSTOMER_LIST', name: 'Readers', rule: { customer_list_id: list.id },
  });
  const audience_id = made.id;
  assert.equal((await settled(audience_id)).size, 130);
  await call('customer_lists/update', { customer_list_id: list.id }, { operation_type: 'REMOVE', records: 'js0@example.com' });
  const renamed = await call('audiences/update', { audience_id }, { name: 'Loyal readers' });
  assert.equal(renamed.name, 'Loyal readers');
  await call('audiences/update', { audience_id }, { operation_type: 'REMOVE' });
  await assert.rejects(call('audiences/get', { audience_id }), (refused) => {
    assert.equal(refused.response.status, 404);
    assert.equal(refused.response.data.code, 1000);
    return true;
  });
});

test('lists go page by page', async () => {
  for (let n = 0; n < 3; n++) await call('customer_lists/create', {}, { name: `page ${n}`, records: addresses(1) });
  const names = [];
  let bookmark;
  do {
    const page = await call('customer_lists/list', { page_size: 2, order: 'DESCENDING', ...(bookmark && { bookmark }) });
    names.push(...page.items.map((list) => list.name));
    bookmark = page.bookmark;
  } while (bookmark && names.length < 3);
  assert.deepEqual(names.slice(0, 3), ['page 2', 'page 1', 'page 0']);
});

test('a conversion tag sees events', async () => {
  const tag = await call('conversion_tags/create', {}, { name: 'JS tag' });
  const data = Array.from({ length: 3 }, (_, i) => ({
    event_name: 'page_visit', action_source: 'web', event_id: `js-${i}`, event_time: Math.floor(Date.now() / 1000),
    event_source_url: 'https://shop.example/js', user_data: { em: [digest(`js${i}@example.com`)] },
  }));
  const answer = await call('events/create', {}, { data });
  assert.equal(answer.num_events_processed, 3);
  assert.ok((await call('conversion_tags/list')).items.some((found) => found.id === tag.id));
  assert.equal((await call('conversion_tags/get', { conversion_tag_id: tag.id })).name, 'JS tag');
});

test('an upload goes part by part', async () => {
  const list = await call('customer_lists/create', {}, { name: 'Upload', records: addresses(1) });
  const at = { customer_list_id: list.id };
  const made = await call('customer_list_uploads/create', at, { operation: 'ADD', total_parts: 1 });
  const records = `email\n${addresses(500).replaceAll(',', '\n')}\n`;
  for (const part of made.s3_multipart_upload_data.file_parts) {
    const put = await fetch(part.presigned_url, { method: 'PUT', body: records });
    assert.ok(put.ok, `${put.status} ${await put.text()}`);
  }
  const upload = { ...at, customer_list_upload_id: made.customer_list_upload.id };
  await call('customer_list_uploads/run', upload);
  for (let tries = 0; tries < 600; tries++) {
    const seen = await call('customer_list_uploads/get', upload);
    if (seen.state === 'SUCCEEDED') {
      assert.ok(seen.record_counts.valid >= 500);
      return;
    }
    assert.equal(seen.state, 'RUNNING');
    await pause(50);
  }
  assert.fail('the upload did not end');
});

test('every read answers', async () => {
  const list = await call('customer_lists/create', {}, { name: 'Reads', records: addresses(1) });
  const made = await call('audiences/create', {}, {
    audience_type: 'CUSTOMER_LIST', name: 'Reads', rule: { customer_list_id: list.id },
  });
  for (const [operation, parameters, body] of [
    ['ad_accounts/list'],
    ['ad_accounts/get'],
    ['audiences/list', { ownership_type: 'RECEIVED' }],
    ['customer_lists/get', { customer_list_id: list.id }],
    ['page_visit_conversion_tags/get'],
    ['ocpm_eligible_conversion_tags/get'],
    ['advertiser_defined_events/get'],
    ['conversion_eqs/list', { lookback_period: '14d' }],
    ['audience_insights/get', { audience_insight_type: 'YOUR_TOTAL_AUDIENCE' }],
    ['audience_insights_scope_and_type/get'],
    ['ad_groups/audience_sizing', {}, { targeting_spec: { AUDIENCE_INCLUDE: [made.id] } }],
    ['ad_accounts_audiences_shared_accounts/list', { audience_id: made.id, account_type: 'AD_ACCOUNT' }],
    ['shared_audiences_for_business/list', { business_id }],
  ]) {
    await assert.doesNotReject(call(operation, parameters, body), operation);
  }
});
