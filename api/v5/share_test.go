package v5_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/sandbox"
)

// business is the business of the sandbox, which owns its ad account.
var business = sandbox.Business.String()

// newBusiness creates a business by the operator's API, below another one, or at the root when parent is empty.
func (s *service) newBusiness(t testing.TB, parent string) string {
	t.Helper()
	body := fmt.Sprintf(`{"name":"below %s","parent_id":%q}`, parent, parent)
	if parent == "" {
		body = `{"name":"root"}`
	}
	return as[struct{ ID string }](t, s.callBeyond(t, http.MethodPost, "/parterre/v1/businesses", body)).ID
}

// newAccount creates an ad account of a business by the operator's API.
func (s *service) newAccount(t testing.TB, of string) string {
	t.Helper()
	return as[struct{ ID string }](t, s.callBeyond(t, http.MethodPost, "/parterre/v1/ad_accounts",
		fmt.Sprintf(`{"name":"of %s","business_id":%q}`, of, of))).ID
}

// audienceOf creates a list and an audience on it in an ad account, and gives the id of the audience.
func (s *service) audienceOf(t testing.TB, account string, from, to int) string {
	t.Helper()
	in := "/v5/ad_accounts/" + account
	list := as[struct{ ID string }](t, s.call(t, http.MethodPost, in+"/customer_lists",
		fmt.Sprintf(`{"name":"n","records":%q}`, records(from, to)))).ID
	id := as[audience](t, s.call(t, http.MethodPost, in+"/audiences",
		fmt.Sprintf(`{"audience_type":"CUSTOMER_LIST","name":"of %s","rule":{"customer_list_id":%q}}`, account, list))).ID
	s.settle(t)
	return id
}

// sharing is one request about shares. By is "ad_accounts/1" or "businesses/1", with is "ad_accounts" or "businesses".
type sharing struct {
	by, with   string
	audience   string
	operation  string
	recipients []string
}

func (r sharing) target() string { return "/v5/" + r.by + "/audiences/" + r.with + "/shared" }

func (r sharing) member() string {
	if r.with == "businesses" {
		return "recipient_business_ids"
	}
	return "recipient_account_ids"
}

func (r sharing) body(t testing.TB) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{
		"audience_id": r.audience, "operation_type": r.operation, r.member(): append([]string{}, r.recipients...),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// share makes a request that is meant to succeed, and looks at its answer.
func (s *service) share(t testing.TB, r sharing) {
	t.Helper()
	permissions := `["RESOURCE_PINNER_LIST_READER"]`
	if r.operation == "REVOKE" {
		permissions = "[]"
	}
	recipients, err := json.Marshal(append([]string{}, r.recipients...))
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"audience_id":%q,"permissions":%s,%q:%s}`, r.audience, permissions, r.member(), recipients)
	if got := string(s.call(t, http.MethodPatch, r.target(), r.body(t)).body); got != want {
		t.Errorf("the answer is %s, want %s", got, want)
	}
}

// refuseShare makes a request that must be refused.
func (s *service) refuseShare(t testing.TB, r sharing, status, code int, words ...string) {
	t.Helper()
	s.refuse(t, http.MethodPatch, r.target(), r.body(t), status, code, words...)
}

// received are the ids of the audiences that "ad_accounts/1" or "businesses/1" received, in the order of the shares.
func (s *service) received(t testing.TB, by string) []string {
	t.Helper()
	target := "/v5/" + by + "/audiences?page_size=250"
	if strings.HasPrefix(by, "ad_accounts") {
		target += "&ownership_type=RECEIVED"
	}
	return as[page](t, s.call(t, http.MethodGet, target, "")).ids()
}

// sharedAccount is one that an audience is shared with, as the wire writes it.
type sharedAccount struct {
	ID   string `json:"account_id"`
	Name string `json:"account_name"`
	Type string `json:"account_type"`
	At   int64  `json:"shared_on_timestamp"`
}

// sharedWith are the ids of those that an audience is shared with, in the order of the shares, page by page.
func (s *service) sharedWith(t testing.TB, by, audience, kind string, pageSize int) (ids []string) {
	t.Helper()
	target := fmt.Sprintf("/v5/%s/audiences/shared/accounts?audience_id=%s&account_type=%s&page_size=%d", by, audience, kind,
		pageSize)
	for next := target; ; {
		got := as[struct {
			Items    []sharedAccount
			Bookmark *string
		}](t, s.call(t, http.MethodGet, next, ""))
		for _, item := range got.Items {
			if item.Type != kind {
				t.Errorf("%s is of type %s, want %s", item.ID, item.Type, kind)
			}
			ids = append(ids, item.ID)
		}
		if got.Bookmark == nil {
			return ids
		}
		next = target + "&bookmark=" + *got.Bookmark
	}
}

func mustEqual(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestSharingBetweenAdAccounts(t *testing.T) {
	s := start(t)
	friend, sub := s.newAccount(t, business), s.newBusiness(t, business)
	cousin := s.newAccount(t, sub)
	stranger := s.newAccount(t, s.newBusiness(t, ""))
	first, second := s.audienceOf(t, account, 0, 120), s.audienceOf(t, account, 0, 130)
	own := "ad_accounts/" + account
	request := sharing{own, "ad_accounts", second, "SHARE", []string{friend, cousin}}
	s.share(t, request)
	s.clock.seconds.Add(60)
	s.share(t, sharing{own, "ad_accounts", first, "SHARE", []string{friend}})
	s.share(t, request) // which changes nothing

	t.Run("a recipient finds it among the received, in the order of sharing", func(t *testing.T) {
		mustEqual(t, "received", s.received(t, "ad_accounts/"+friend), []string{second, first})
		mustEqual(t, "received", s.received(t, "ad_accounts/"+cousin), []string{second})
		mustEqual(t, "received", s.received(t, own), nil)
		there := "/v5/ad_accounts/" + friend + "/audiences?ownership_type=RECEIVED&page_size=1"
		mustEqual(t, "pages", slices.Concat(s.walk(t, there+"&order=DESCENDING")...), []string{first, second})
		mustEqual(t, "pages", slices.Concat(s.walk(t, there)...), []string{second, first})
		mustEqual(t, "owned", as[page](t, s.call(t, http.MethodGet, "/v5/ad_accounts/"+friend+"/audiences", "")).ids(), nil)
	})
	t.Run("the owner sees with whom", func(t *testing.T) {
		got := string(s.call(t, http.MethodGet, inAccount+"/audiences/shared/accounts?audience_id="+second+
			"&account_type=AD_ACCOUNT", "").body)
		want := fmt.Sprintf(`{"items":[{"account_id":%q,"account_name":"of %s","account_type":"AD_ACCOUNT",`+
			`"shared_on_timestamp":%d},{"account_id":%q,"account_name":"of %s","account_type":"AD_ACCOUNT",`+
			`"shared_on_timestamp":%d}],"bookmark":null}`, friend, business, noon, cousin, sub, noon)
		if got != want {
			t.Errorf("the list is\n%s, want\n%s", got, want)
		}
		mustEqual(t, "by pages", s.sharedWith(t, own, second, "AD_ACCOUNT", 1), []string{friend, cousin})
		mustEqual(t, "businesses", s.sharedWith(t, own, second, "BUSINESS_ACCOUNT", 1), nil)
		absent := s.callBeyond(t, http.MethodGet, inAccount+"/audiences/shared/accounts?audience_id="+first, "")
		if !strings.Contains(string(absent.body), `"AD_ACCOUNT"`) {
			t.Errorf("without account_type the list is %s", absent.body)
		}
	})
	t.Run("a recipient reads it and does not change it", func(t *testing.T) {
		there := "/v5/ad_accounts/" + friend + "/audiences/" + first
		if got := as[audience](t, s.call(t, http.MethodGet, there, "")); got.AdAccountID != account || got.Size != 120 {
			t.Errorf("the audience is %+v", got)
		}
		s.refuse(t, http.MethodPatch, there, `{"name":"mine"}`, 403, 29)
		s.refuse(t, http.MethodPatch, there, remove, 403, 29)
		s.refuse(t, http.MethodGet, "/v5/ad_accounts/"+cousin+"/audiences/"+first, "", 404, 1000)
		s.refuse(t, http.MethodPatch, "/v5/ad_accounts/"+cousin+"/audiences/"+first, `{"name":"mine"}`, 404, 1000)
	})
	t.Run("only the owner shares it, and asks with whom", func(t *testing.T) {
		by := "ad_accounts/" + friend
		s.refuseShare(t, sharing{by, "ad_accounts", first, "SHARE", []string{cousin}}, 403, 29)
		s.refuseShare(t, sharing{by, "ad_accounts", first, "REVOKE", []string{friend}}, 403, 29)
		s.refuseShare(t, sharing{by, "businesses", first, "SHARE", []string{sub}}, 403, 29)
		s.refuseShare(t, sharing{own, "ad_accounts", "99", "SHARE", []string{friend}}, 404, 1000)
		for _, asking := range []string{
			by + "/audiences/shared/accounts?account_type=AD_ACCOUNT&audience_id=" + first,
			own + "/audiences/shared/accounts?account_type=AD_ACCOUNT&audience_id=99",
		} {
			s.refuse(t, http.MethodGet, "/v5/"+asking, "", 404, 404, "Shared accounts not found.")
		}
	})
	for name, to := range map[string]string{
		"of another hierarchy": stranger, "that does not exist": "99", "that is the owner": account, "that no id names": "07",
	} {
		t.Run("a recipient "+name+" is refused, and all others with it", func(t *testing.T) {
			s.refuseShare(t, sharing{own, "ad_accounts", first, "SHARE", []string{cousin, to}}, 400, 400,
				"Invalid ad account id", "'recipient_account_ids[1]'")
			mustEqual(t, "shared", s.sharedWith(t, own, first, "AD_ACCOUNT", 250), []string{friend})
		})
	}
	t.Run("a share ends, again and again", func(t *testing.T) {
		for range 2 {
			s.share(t, sharing{own, "ad_accounts", second, "REVOKE", []string{friend, friend}})
			mustEqual(t, "received", s.received(t, "ad_accounts/"+friend), []string{first})
		}
		s.refuse(t, http.MethodGet, "/v5/ad_accounts/"+friend+"/audiences/"+second, "", 404, 1000)
		s.share(t, sharing{own, "ad_accounts", second, "SHARE", nil})
		mustEqual(t, "shared", s.sharedWith(t, own, second, "AD_ACCOUNT", 250), []string{cousin})
	})
	t.Run("who did it is in the audit", func(t *testing.T) {
		var got []string
		err := s.Catalog.View(t.Context(), func(tx *catalog.Tx) error {
			lines, _, err := tx.AuditOf(sandbox.AdAccount, catalog.Page{Limit: 250})
			for _, line := range lines {
				if strings.HasPrefix(line.Operation, "audiences/share") || line.Operation == "audiences/revoke" {
					got = append(got, fmt.Sprintf("%s %d %d", line.Operation, line.Subject, len(line.Recipients)))
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		mustEqual(t, "the audit", got, []string{
			"audiences/share " + second + " 2", "audiences/share " + first + " 1", "audiences/revoke " + second + " 1",
		})
	})
	t.Run("shares end with the audience", func(t *testing.T) {
		s.patch(t, first, remove)
		s.patch(t, second, remove)
		for _, by := range []string{friend, cousin} {
			mustEqual(t, "received", s.received(t, "ad_accounts/"+by), nil)
		}
		s.refuse(t, http.MethodGet, "/v5/"+own+"/audiences/shared/accounts?account_type=AD_ACCOUNT&audience_id="+first, "", 404, 404)
	})
}

func TestSharingWithBusinesses(t *testing.T) {
	s := start(t)
	sub, own := s.newBusiness(t, business), "ad_accounts/"+account
	subsub := s.newBusiness(t, sub)
	theirs, others := s.newAccount(t, sub), s.newAccount(t, subsub)
	foreign := s.newBusiness(t, "")
	id := s.audienceOf(t, account, 0, 150)
	s.share(t, sharing{own, "businesses", id, "SHARE", []string{sub}})
	s.share(t, sharing{"businesses/" + business, "businesses", id, "SHARE", []string{subsub}})
	s.share(t, sharing{"businesses/" + business, "ad_accounts", id, "SHARE", []string{others}})

	mustEqual(t, "received by the business", s.received(t, "businesses/"+sub), []string{id})
	mustEqual(t, "received by the owner", s.received(t, "businesses/"+business), nil)
	mustEqual(t, "businesses", s.sharedWith(t, "businesses/"+business, id, "BUSINESS_ACCOUNT", 1), []string{sub, subsub})
	mustEqual(t, "ad accounts", s.sharedWith(t, own, id, "AD_ACCOUNT", 1), []string{others})
	t.Run("an ad account of a recipient receives nothing by that", func(t *testing.T) {
		mustEqual(t, "received", s.received(t, "ad_accounts/"+theirs), nil)
	})
	t.Run("a recipient shares it on with its own ad accounts alone", func(t *testing.T) {
		by := "businesses/" + sub
		s.share(t, sharing{by, "ad_accounts", id, "SHARE", []string{theirs}})
		mustEqual(t, "received", s.received(t, "ad_accounts/"+theirs), []string{id})
		mustEqual(t, "what it sees", s.sharedWith(t, by, id, "AD_ACCOUNT", 1), []string{theirs})
		mustEqual(t, "what it sees", s.sharedWith(t, by, id, "BUSINESS_ACCOUNT", 1), nil)
		mustEqual(t, "what the owner sees", s.sharedWith(t, own, id, "AD_ACCOUNT", 1), []string{others, theirs})
		s.refuseShare(t, sharing{by, "ad_accounts", id, "SHARE", []string{others}}, 400, 400, "Invalid ad account id")
		s.refuseShare(t, sharing{by, "ad_accounts", id, "REVOKE", []string{others}}, 400, 400, "Invalid ad account id")
		s.refuseShare(t, sharing{by, "businesses", id, "SHARE", []string{subsub}}, 403, 29)
	})
	t.Run("a business that received nothing is refused", func(t *testing.T) {
		by := "businesses/" + foreign
		s.refuseShare(t, sharing{by, "ad_accounts", id, "SHARE", nil}, 403, 29)
		s.refuse(t, http.MethodGet, "/v5/"+by+"/audiences/shared/accounts?account_type=AD_ACCOUNT&audience_id="+id, "", 404, 404)
	})
	for _, to := range []string{foreign, business, "99", "99999999999999999999"} {
		s.refuseShare(t, sharing{own, "businesses", id, "SHARE", []string{to}}, 400, 400, "Invalid business id",
			"'recipient_business_ids[0]'")
		s.refuseShare(t, sharing{"businesses/" + business, "businesses", id, "SHARE", []string{to}}, 400, 400, "Invalid business id")
	}
	t.Run("what was shared on ends with the share that it came from", func(t *testing.T) {
		s.share(t, sharing{own, "businesses", id, "REVOKE", []string{sub}})
		mustEqual(t, "received", s.received(t, "businesses/"+sub), nil)
		mustEqual(t, "received", s.received(t, "ad_accounts/"+theirs), nil)
		mustEqual(t, "what the owner sees", s.sharedWith(t, own, id, "AD_ACCOUNT", 1), []string{others})
	})
	t.Run("unless the owner gave it as well", func(t *testing.T) {
		s.share(t, sharing{own, "businesses", id, "SHARE", []string{sub}})
		s.share(t, sharing{"businesses/" + sub, "ad_accounts", id, "SHARE", []string{theirs}})
		s.share(t, sharing{own, "ad_accounts", id, "SHARE", []string{theirs}})
		s.share(t, sharing{"businesses/" + sub, "ad_accounts", id, "SHARE", []string{theirs}})
		s.share(t, sharing{own, "businesses", id, "REVOKE", []string{sub}})
		mustEqual(t, "received", s.received(t, "ad_accounts/"+theirs), []string{id})
	})
	t.Run("a bookmark is of one business alone", func(t *testing.T) {
		second := s.audienceOf(t, account, 0, 2)
		s.share(t, sharing{own, "businesses", id, "SHARE", []string{sub}})
		s.share(t, sharing{own, "businesses", second, "SHARE", []string{sub, subsub}})
		first := as[page](t, s.call(t, http.MethodGet, "/v5/businesses/"+sub+"/audiences?page_size=1", ""))
		s.refuse(t, http.MethodGet, "/v5/businesses/"+subsub+"/audiences?page_size=1&bookmark="+*first.Bookmark, "", 400, 400)
		mustEqual(t, "pages", slices.Concat(s.walk(t, "/v5/businesses/"+sub+"/audiences?page_size=1&order=DESCENDING")...),
			[]string{second, id})
	})
}

func TestABusinessThatIsNotThePrincipals(t *testing.T) {
	s := start(t)
	for _, path := range []string{"/v5/businesses/99/audiences", "/v5/businesses/99999999999999999999/audiences"} {
		s.refuse(t, http.MethodGet, path, "", 403, 29)
	}
	for _, id := range []string{"x", "1x", "999999999999999999999"} {
		s.refuse(t, http.MethodGet, "/v5/businesses/"+id+"/audiences", "", 400, 1, "business_id")
	}
}

func TestSharingBodiesAreRefused(t *testing.T) {
	s := start(t)
	id := s.audienceOf(t, account, 0, 3)
	target := inAccount + "/audiences/ad_accounts/shared"
	for body, words := range map[string][]string{
		``:   {"body"},
		`[]`: {"'object'"},
		`{"operation_type":"SHARE","recipient_account_ids":[]}`:                               {"'audience_id'", "required"},
		`{"audience_id":"` + id + `","recipient_account_ids":[]}`:                             {"'operation_type'", "required"},
		`{"audience_id":"` + id + `","operation_type":"SHARE"}`:                               {"'recipient_account_ids'", "required"},
		`{"audience_id":"` + id + `","operation_type":"SHARE","recipient_business_ids":[]}`:   {"'recipient_account_ids'", "required"},
		`{"audience_id":"` + id + `","operation_type":"share","recipient_account_ids":[]}`:    {"'operation_type'", "'SHARE', 'REVOKE'"},
		`{"audience_id":"x","operation_type":"SHARE","recipient_account_ids":[]}`:             {"'audience_id'", `^\d+$`},
		`{"audience_id":5,"operation_type":"SHARE","recipient_account_ids":[]}`:               {"'audience_id'", "'string'"},
		`{"audience_id":"` + id + `","operation_type":"SHARE","recipient_account_ids":"1"}`:   {"'recipient_account_ids'", "'array'"},
		`{"audience_id":"` + id + `","operation_type":"SHARE","recipient_account_ids":[1]}`:   {"'recipient_account_ids'", "'string'"},
		`{"audience_id":"` + id + `","operation_type":"SHARE","recipient_account_ids":["x"]}`: {"'recipient_account_ids'", `^\d+$`},
		`{"audience_id":"` + id + `","operation_type":"SHARE","recipient_account_ids":["1"` + strings.Repeat(`,"1"`, 1000) + `]}`: {
			"'recipient_account_ids'", "at most 1000",
		},
	} {
		t.Run(body[:min(len(body), 90)], func(t *testing.T) { s.refuse(t, http.MethodPatch, target, body, 400, 1, words...) })
	}
	for query, words := range map[string][]string{
		"":                                   {"Parameter 'audience_id' is required."},
		"?audience_id=x":                     {"audience_id", `^\d+$`},
		"?audience_id=1&account_type=PERSON": {"account_type", "'AD_ACCOUNT', 'BUSINESS_ACCOUNT'"},
		"?audience_id=1&page_size=0":         {"page_size"},
	} {
		s.refuse(t, http.MethodGet, inAccount+"/audiences/shared/accounts"+query, "", 400, 1, words...)
	}
	for target, begins := range map[string]string{
		inAccount + "/audiences/shared/accounts?audience_id=" + id + "&bookmark=x":                    "Invalid ad account audiences shared accounts parameters.",
		"/v5/businesses/" + business + "/audiences/shared/accounts?audience_id=" + id + "&bookmark=x": "Invalid business audiences shared accounts parameters.",
		"/v5/businesses/" + business + "/audiences?bookmark=x":                                        "Invalid parameters.",
	} {
		s.refuse(t, http.MethodGet, target, "", 400, 400, begins)
	}
}

// A received audience is a seed like one's own, as long as it is shared.
func TestAReceivedAudienceIsASeed(t *testing.T) {
	s := start(t)
	s.people(t, 0, 400, "US")
	var saves []string
	for p := range 400 {
		saves = append(saves, engaged(p, "save", noon, fmt.Sprintf(`,"pin_id":"%d"`, 1+p%7)))
	}
	s.lines(t, "engagements", saves...)
	friend := s.newAccount(t, business)
	seed := s.audienceOf(t, account, 0, 150)
	in := "/v5/ad_accounts/" + friend
	body := fmt.Sprintf(`{"audience_type":"ACTALIKE","name":"n","rule":{"seed_id":[%q],"country":"US","percentage":10}}`, seed)
	s.refuse(t, http.MethodPost, in+"/audiences", body, 400, 1, "rule.seed_id", "does not exist")
	s.share(t, sharing{"ad_accounts/" + account, "ad_accounts", seed, "SHARE", []string{friend}})
	id := as[audience](t, s.call(t, http.MethodPost, in+"/audiences", body)).ID
	s.settle(t)
	read := func() audience { return as[audience](t, s.call(t, http.MethodGet, in+"/audiences/"+id, "")) }
	if got := read(); got.Size != 40 {
		t.Errorf("the audience has %d members, want 40: %+v", got.Size, got)
	}
	s.share(t, sharing{"ad_accounts/" + account, "ad_accounts", seed, "REVOKE", []string{friend}})
	s.refuse(t, http.MethodPatch, in+"/audiences/"+id, `{"rule":{"seed_id":["`+seed+`"],"country":"US","percentage":5}}`, 400, 1,
		"rule.seed_id", "does not exist")
	if got := read(); got.Size != 40 {
		t.Errorf("the audience has %d members after the share ended, want 40", got.Size)
	}
}

// A seed that is shared no longer when its turn comes counts no more.
func TestASeedWhoseShareEnded(t *testing.T) {
	s := start(t)
	s.people(t, 0, 400, "US")
	s.visits(t, 0, 150, noon, "https://shop.example/shoes")
	friend := s.newAccount(t, business)
	tag := s.tag(t, "t")
	s.store.hold()
	seed := s.create(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, tag)).ID
	request := sharing{"ad_accounts/" + account, "ad_accounts", seed, "SHARE", []string{friend}}
	s.share(t, request)
	in := "/v5/ad_accounts/" + friend + "/audiences"
	id := as[audience](t, s.call(t, http.MethodPost, in,
		fmt.Sprintf(`{"audience_type":"ACTALIKE","name":"n","rule":{"seed_id":[%q],"country":"US","percentage":10}}`, seed))).ID
	request.operation = "REVOKE"
	s.share(t, request)
	s.store.release()
	s.settle(t)
	if got := as[audience](t, s.call(t, http.MethodGet, in+"/"+id, "")); got.Size != 0 || got.Status != "TOO_SMALL" {
		t.Errorf("the audience is %+v, want nobody in it", got)
	}
}

func TestSharesAreOnDisk(t *testing.T) {
	s := startIn(t, t.TempDir())
	friend, sub := s.newAccount(t, business), s.newBusiness(t, business)
	id := s.audienceOf(t, account, 0, 5)
	s.share(t, sharing{"ad_accounts/" + account, "ad_accounts", id, "SHARE", []string{friend}})
	s.share(t, sharing{"ad_accounts/" + account, "businesses", id, "SHARE", []string{sub}})
	s.reopen(t)
	mustEqual(t, "received", s.received(t, "ad_accounts/"+friend), []string{id})
	mustEqual(t, "received", s.received(t, "businesses/"+sub), []string{id})
	if next := s.newAccount(t, sub); next == friend {
		t.Errorf("the id %s was given twice", next)
	}
}

// Data from before there were businesses: the ad account of the sandbox belongs to none.
func TestAnOldFolderGetsItsBusiness(t *testing.T) {
	s := startIn(t, t.TempDir())
	err := s.Catalog.Update(t.Context(), func(tx *catalog.Tx) error {
		a, err := tx.AdAccount(sandbox.AdAccount)
		if err != nil {
			return err
		}
		a.Business, a.Name = 0, "As it was"
		return tx.PutAdAccount(&a)
	})
	if err != nil {
		t.Fatal(err)
	}
	friend, id := s.newAccount(t, business), s.audienceOf(t, account, 0, 5)
	request := sharing{"ad_accounts/" + account, "ad_accounts", id, "SHARE", []string{friend}}
	s.refuseShare(t, request, 400, 400)
	s.reopen(t)
	s.share(t, request)
	if got := as[struct{ Name string }](t, s.call(t, http.MethodGet, inAccount, "")).Name; got != "As it was" {
		t.Errorf("the ad account is called %q", got)
	}
}
