"""The official Python SDK of the API, walking audiences, customer lists, conversion tags and events.

Nothing but the host is changed: PINTEREST_API_URI and PINTEREST_ACCESS_TOKEN, as the SDK reads them, say where the
service is and who asks. Run by scripts/clients.
"""

import hashlib
import os
import time
import unittest

from openapi_generated.pinterest_client.exceptions import ApiException
from openapi_generated.pinterest_client.model.audience_rule import AudienceRule
from pinterest.ads.ad_accounts import AdAccount
from pinterest.ads.audiences import Audience
from pinterest.ads.conversion_events import Conversion
from pinterest.ads.conversion_tags import ConversionTag
from pinterest.ads.customer_lists import CustomerList
from pinterest.client import PinterestSDKClient

ACCOUNT = os.environ["PARTERRE_ACCOUNT"]


def addresses(first, last):
    """Give e-mail addresses as one string of records."""
    return ",".join(f"sdk{n}@example.com" for n in range(first, last))


def digest(text):
    """Give the digest by which events name an address."""
    return hashlib.sha256(text.encode()).hexdigest()


def settled(audience_id):
    """Read an audience until its members are known."""
    end = time.monotonic() + 30
    while True:
        audience = Audience(ad_account_id=ACCOUNT, audience_id=audience_id)
        if audience.status != "INITIALIZING" or time.monotonic() > end:
            return audience
        time.sleep(0.05)


class AdAccounts(unittest.TestCase):
    def test_reads_the_account(self):
        account = AdAccount(ad_account_id=ACCOUNT)
        self.assertEqual(account.id, ACCOUNT)
        self.assertTrue(account.permissions)

    def test_lists_what_is_in_the_account(self):
        CustomerList.create(ad_account_id=ACCOUNT, name="listed", records=addresses(0, 2), list_type="EMAIL")
        lists, _ = AdAccount(ad_account_id=ACCOUNT).list_customer_lists(order="DESCENDING", page_size=1)
        self.assertEqual([found.name for found in lists], ["listed"])


class CustomerLists(unittest.TestCase):
    def test_lives(self):
        made = CustomerList.create(ad_account_id=ACCOUNT, name="SDK", records=addresses(0, 120), list_type="EMAIL")
        self.assertEqual((made.num_batches, made.num_uploaded_user_records), (1, 120))
        self.assertEqual(made.type, "customerlist")
        self.assertTrue(made.add_record("late@example.com"))
        self.assertTrue(made.remove_record("sdk0@example.com"))
        read = CustomerList(ad_account_id=ACCOUNT, customer_list_id=made.id)
        self.assertEqual((read.num_batches, read.num_uploaded_user_records, read.num_removed_user_records), (3, 121, 1))

    def test_pages(self):
        made = [
            CustomerList.create(ad_account_id=ACCOUNT, name=f"page {n}", records=addresses(0, 1), list_type="EMAIL").id
            for n in range(5)
        ]
        seen = []
        page, bookmark = CustomerList.get_all(ad_account_id=ACCOUNT, order="DESCENDING", page_size=2)
        while True:
            seen += [found.id for found in page]
            if bookmark is None or len(seen) >= len(made):
                break
            page, bookmark = bookmark.get_next()
        self.assertEqual(seen[: len(made)], made[::-1])


class Audiences(unittest.TestCase):
    def test_lives(self):
        records = CustomerList.create(ad_account_id=ACCOUNT, name="A", records=addresses(0, 150), list_type="EMAIL")
        made = Audience.create(
            ad_account_id=ACCOUNT,
            name="Readers",
            audience_type="CUSTOMER_LIST",
            rule={"customer_list_id": records.id},
        )
        ready = settled(made.id)
        self.assertEqual((ready.status, ready.size), ("READY", 150))

        self.assertTrue(made.update_fields(name="Loyal readers", description="Every week"))
        read = Audience(ad_account_id=ACCOUNT, audience_id=made.id)
        self.assertEqual((read.name, read.description), ("Loyal readers", "Every week"))

        fewer = CustomerList.create(ad_account_id=ACCOUNT, name="B", records=addresses(0, 110), list_type="EMAIL")
        self.assertTrue(made.update_fields(rule=AudienceRule(customer_list_id=fewer.id)))
        self.assertEqual(settled(made.id).size, 110)

    def test_every_type(self):
        tag = ConversionTag.create(ad_account_id=ACCOUNT, name="types")
        records = CustomerList.create(ad_account_id=ACCOUNT, name="seed", records=addresses(0, 100), list_type="EMAIL")
        seed = Audience.create(
            ad_account_id=ACCOUNT, name="seed", audience_type="CUSTOMER_LIST", rule={"customer_list_id": records.id}
        )
        rules = {
            "VISITOR": {
                "visitor_source_id": tag.id,
                "event": "checkout",
                "url": ["https://shop.example/sale"],
                "event_source": {"=": ["web"]},
                "retention_days": 30,
            },
            "ENGAGEMENT": {"engager_type": 1, "engagement_domain": ["shop.example"]},
            "ACTALIKE": {"seed_id": [seed.id], "country": "US", "percentage": 3},
        }
        made = [
            Audience.create(ad_account_id=ACCOUNT, name=kind, audience_type=kind, rule=rule).id
            for kind, rule in rules.items()
        ]
        listed, _ = Audience.get_all(ad_account_id=ACCOUNT, order="DESCENDING", page_size=3)
        self.assertEqual([found.id for found in listed], made[::-1])
        self.assertEqual([found.audience_type for found in listed], list(rules)[::-1])

    def test_refusals_are_the_sdks(self):
        with self.assertRaises(ApiException) as refused:
            Audience(ad_account_id=ACCOUNT, audience_id="999")
        self.assertEqual(refused.exception.status, 404)
        self.assertIn('"code":1000', refused.exception.body)

    def test_a_wrong_token_is_refused(self):
        stranger = PinterestSDKClient.create_client_with_token("pina_nobody")
        with self.assertRaises(ApiException) as refused:
            Audience(ad_account_id=ACCOUNT, audience_id="999", client=stranger)
        self.assertEqual(refused.exception.status, 401)


class Tags(unittest.TestCase):
    def test_lives(self):
        made = ConversionTag.create(
            ad_account_id=ACCOUNT, name="SDK tag", aem_enabled=True, md_frequency=1.2, aem_ge_enabled=None
        )
        read = ConversionTag(ad_account_id=ACCOUNT, conversion_tag_id=made.id)
        self.assertEqual((read.name, str(read.status)), ("SDK tag", "ACTIVE"))
        self.assertIn(made.id, [tag.id for tag in ConversionTag.get_all(ad_account_id=ACCOUNT)])

    def test_what_tags_saw(self):
        events, _ = ConversionTag.get_page_visit_conversion_tag_events(ad_account_id=ACCOUNT)
        self.assertIsInstance(events, list)
        ConversionTag.get_ocpm_eligible_conversion_tag_events(ad_account_id=ACCOUNT)


class Events(unittest.TestCase):
    def test_are_processed_and_move_an_audience(self):
        tag = ConversionTag.create(ad_account_id=ACCOUNT, name="events")
        audience = Audience.create(
            ad_account_id=ACCOUNT,
            name="Buyers",
            audience_type="VISITOR",
            rule={"visitor_source_id": tag.id, "event": "checkout", "url": ["https://shop.example/sdk"]},
        )
        events = [
            Conversion.create_conversion_event(
                event_name="checkout",
                action_source="web",
                event_time=int(time.time()),
                event_id=f"sdk-{n}",
                event_source_url="https://shop.example/sdk",
                user_data={"em": [digest(f"buyer{n}@example.com")]},
                custom_data={"value": "9.50", "currency": "USD", "num_items": 1, "order_id": f"X-{n}"},
            )
            for n in range(130)
        ]
        answer = Conversion.send_conversion_events(ad_account_id=ACCOUNT, conversion_events=events)
        self.assertEqual((answer.num_events_received, answer.num_events_processed), (130, 130))
        self.assertEqual(answer.events[0].status, "processed")
        self.assertEqual(settled(audience.id).size, 130)

    def test_a_rehearsal_stores_nothing(self):
        event = Conversion.create_conversion_event(
            event_name="lead",
            action_source="web",
            event_time=int(time.time()),
            event_id="rehearsal",
            user_data={"em": [digest("nobody@example.com")]},
            custom_data={},
        )
        answer = Conversion.send_conversion_events(ad_account_id=ACCOUNT, conversion_events=[event], test=True)
        self.assertEqual(answer.num_events_processed, 1)

    def test_an_address_that_is_no_digest_fails(self):
        event = Conversion.create_conversion_event(
            event_name="lead",
            action_source="web",
            event_time=int(time.time()),
            event_id="plain",
            user_data={"em": ["plain@example.com"]},
            custom_data={},
        )
        with self.assertRaises(ApiException) as refused:
            Conversion.send_conversion_events(ad_account_id=ACCOUNT, conversion_events=[event])
        self.assertEqual(refused.exception.status, 422)
        self.assertIn('"code":953', refused.exception.body)


if __name__ == "__main__":
    unittest.main()
