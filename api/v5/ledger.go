package v5

// Ledger says of every operation what its behaviour rests on. What differs is meant to; anything else that differs from the
// real service is a fault. docs/fidelity.md is made from it.
var Ledger = []Fidelity{
	{Everywhere, []Note{
		{Contract, "Paths, methods, scopes, kinds of tokens, parameters, bodies, answers and rate-limit categories are those of version 5.23."},
		{Contract, "Errors are an object of code and message; a page is an object of items and bookmark."},
		{Recorded, "The last page has a bookmark of null. An unknown token is answered with 401, code 2 and \"status\": \"failure\"."},
		{Recorded, "The three headers of the rate limits have the recorded form, with a policy for each bucket."},
		{Recorded, "A token without the scope is answered with 401 and code 3; one without a right on the ad account with 403 and code 29."},
		{Inferred, "Messages name the field and what is allowed; the wording for schema faults follows the samples of other operations."},
		{Inferred, "An ad account that does not exist is answered like one of somebody else."},
		{Inferred, "A member that stands twice in a body is refused."},
		{Differs, "Everything is exact and at once: what takes the real service hours is done a moment after the request."},
		{Differs, "All operations are served on one host; the vendor's sandbox has none for audiences, lists, tags and events."},
	}},
	{"audiences/list", []Note{
		{Contract, "page_size from 1 to 250 with 25 as default, order, bookmark, ownership_type."},
		{Recorded, "Without order the ids ascend; created_by_company_name is the name of the app."},
		{Inferred, "Received audiences are in the order in which they were shared."},
		{Inferred, "A bookmark belongs to its list, ad account, order and user; any other is answered with 400 and code 400."},
	}},
	{"audiences/create", []Note{
		{Contract, "audience_type, name and rule are required; PERSONA is in the enumeration."},
		{Recorded, "200, size 0, INITIALIZING, the rule as it was sent, created_by_company_name null."},
		{Inferred, "Rules are checked for what their type needs and may hold; unknown members are ignored and not echoed."},
		{Inferred, "Numbers come as numbers or as strings of digits, ids as one string or a list: both are in the published prose."},
		{Inferred, "What a rule names must be in the ad account, or be an audience that it received. A seed is not ACTALIKE itself."},
		{Inferred, "PERSONA is refused: the guide says that it cannot be created over the API."},
		{Differs, "The audience is evaluated a moment after the request, and TOO_SMALL at once when fewer than 100 are in it."},
	}},
	{"audiences/get", []Note{
		{Contract, "The whole audience."},
		{Recorded, "created_by_company_name is the name of the app."},
		{Inferred, "404 with code 1000 for one that does not exist, or was removed."},
	}},
	{"audiences/update", []Note{
		{Contract, "name, rule, description and operation_type, none of them required; UPDATE is the default."},
		{Recorded, "What is not named stays; updated_timestamp moves; status and size stay after a new name; created_by_company_name is null."},
		{Inferred, "A rule replaces the old one whole; the old members serve until the new ones are known, with INITIALIZING."},
		{Inferred, "REMOVE answers 200 with the audience as it was; afterwards it is 404 with code 1000 and in no list."},
		{Inferred, "REMOVE ignores the rest of the body, an empty object changes nothing, audience_type is ignored."},
		{Inferred, "404 with code 1000 for an unknown id."},
	}},
	{"ad_accounts/list", []Note{
		{Contract, "The ad accounts on which the user has a role, page by page."},
		{Inferred, "order is taken as by the other lists."},
	}},
	{"ad_accounts/get", []Note{
		{Contract, "The ad account."},
		{Recorded, "permissions holds the user's role, such as OWNER."},
	}},
	{"customer_lists/list", []Note{
		{Contract, "A user's token alone opens it, not one of client credentials."},
		{Recorded, "Without order the ids ascend."},
	}},
	{"customer_lists/create", []Note{
		{Contract, "name and records are required, list_type is EMAIL by default."},
		{Recorded, "num_batches 1, num_uploaded_user_records as many as were sent, PROCESSING, exceptions an empty object."},
		{Recorded, "Records of any sort are taken and counted, whatever list_type says."},
		{Inferred, "Records are separated by commas or line breaks, trimmed, empty ones left out; 50,000 at most, else code 2740."},
		{Inferred, "Code 2741 when no record is valid."},
		{Differs, "Matched a moment after the request; an e-mail that nobody has makes a person, in the sandbox's open population."},
	}},
	{"customer_lists/get", []Note{
		{Contract, "The list; the records are never given back."},
		{Inferred, "404 with code 1001 for an unknown id. READY from 100 persons, TOO_SMALL below, PROCESSING until all is matched."},
	}},
	{"customer_lists/update", []Note{
		{Contract, "operation_type ADD or REMOVE, and records, both required."},
		{Recorded, "num_batches grows by one and the submitted records are counted at once, whoever they are."},
		{Inferred, "Back to PROCESSING until the records are matched."},
	}},
	{"conversion_tags/list", []Note{
		{Contract, "All tags without pages, {\"items\": […]}; filter_deleted is false by default."},
		{Recorded, "enhanced_match_status and last_fired_time_ms are left out where they would be null."},
	}},
	{"conversion_tags/create", []Note{
		{Contract, "name is required; the flags and md_frequency are optional."},
		{Recorded, "200, version \"3\", ACTIVE, a flag that is null is false, md_frequency 1 when left out; names may repeat."},
	}},
	{"conversion_tags/get", []Note{
		{Contract, "The tag with its code and its flags."},
		{Inferred, "404 with code 404 for an unknown id."},
		{Differs, "Nothing serves the script that the code names; what a tag saw comes in through /parterre/v1/events."},
	}},
	{"events/create", []Note{
		{Contract, "The closed schema with its lengths, ranges and enumerations; 1 to 1,000 events; test."},
		{Recorded, "200 when all were processed, 422 with code 953 and the results in details when one failed; messages are \"\", not null."},
		{Recorded, "An e-mail that is no SHA-256 digest fails the event; an external_id that is none is a warning; an unknown name is a warning."},
		{Inferred, "Older than 540 days, or more than a day ahead, fails the event, with the recorded wording."},
		{Inferred, "is_test is taken like test; of a test the first 20 events are looked at."},
		{Inferred, "Events belong to every conversion tag of the ad account, because the request names none."},
		{Differs, "The recommendation to send external_id and click_id is not made: recordings contradict each other."},
	}},
}
