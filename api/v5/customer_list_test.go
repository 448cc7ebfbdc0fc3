package v5_test

import (
	"crypto/md5"  //nolint:gosec // records may come as MD5 digests
	"crypto/sha1" //nolint:gosec // and as SHA-1 digests
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre/audiences"
)

// customerList is a customer list as the wire writes it.
type customerList struct {
	AdAccountID string         `json:"ad_account_id"`
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Created     int64          `json:"created_time"`
	Updated     int64          `json:"updated_time"`
	Batches     int            `json:"num_batches"`
	Uploaded    int            `json:"num_uploaded_user_records"`
	Removed     int            `json:"num_removed_user_records"`
	Status      string         `json:"status"`
	Type        string         `json:"type"`
	Exceptions  map[string]any `json:"exceptions"`
}

func listPath(id string) string { return inAccount + "/customer_lists/" + id }

// change adds records to a list, or removes them.
func (s *service) change(t testing.TB, id, operation, records string) customerList {
	t.Helper()
	return as[customerList](t, s.call(t, http.MethodPatch, listPath(id),
		fmt.Sprintf(`{"operation_type":%q,"records":%q}`, operation, records)))
}

// matched waits until the records of a list are matched.
func (s *service) matched(t testing.TB, id string) (l customerList) {
	t.Helper()
	eventually(t, "list "+id+" is matched", func() bool {
		l = as[customerList](t, s.call(t, http.MethodGet, listPath(id), ""))
		return l.Status != "PROCESSING"
	})
	return l
}

func sameList(t testing.TB, got, want customerList) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the list is not as wanted (-want +got):\n%s", diff)
	}
}

// The counts are those of the reference, sections 5.1 and 5.5: everything that was submitted counts, whether it was there
// already or never was.
func TestTheLifeOfACustomerList(t *testing.T) {
	s := start(t)
	s.people(t, 0, 1000, "US")
	s.store.hold()
	want := customerList{
		AdAccountID: account, Name: "readers", Created: noon, Updated: noon, Batches: 1, Uploaded: 120, Status: "PROCESSING",
		Type: "customerlist", Exceptions: map[string]any{},
	}
	got := as[customerList](t, s.call(t, http.MethodPost, inAccount+"/customer_lists",
		fmt.Sprintf(`{"name":"readers","list_type":"EMAIL","records":%q}`, records(0, 120))))
	want.ID = got.ID
	sameList(t, got, want)
	sameList(t, as[customerList](t, s.call(t, http.MethodGet, listPath(got.ID), "")), want)
	sameList(t, as[customerList](t, s.call(t, http.MethodGet, inAccount+"/customer_lists", "").first(t)), want)

	s.store.release()
	want.Status = "READY"
	sameList(t, s.matched(t, got.ID), want)

	for _, step := range []struct {
		name, operation, records string
		submitted                int
		status                   string
	}{
		{"adding people who are there", "ADD", records(0, 2), 2, "READY"},
		{"adding one person twice, with a comma too many", "ADD", email(500) + "," + email(500) + ",", 2, "READY"},
		{"removing people who are there", "REMOVE", records(0, 22), 22, "TOO_SMALL"},
		{"removing people who never were", "REMOVE", records(900, 903), 3, "TOO_SMALL"},
		{"adding some again", "ADD", records(0, 5), 5, "READY"},
	} {
		t.Run(step.name, func(t *testing.T) {
			s.clock.seconds.Add(10)
			s.store.hold()
			want.Batches++
			if step.operation == "ADD" {
				want.Uploaded += step.submitted
			} else {
				want.Removed += step.submitted
			}
			want.Updated, want.Status = s.clock.now().Unix(), "PROCESSING"
			sameList(t, s.change(t, got.ID, step.operation, step.records), want)
			s.clock.seconds.Add(30)
			s.store.release()
			want.Updated, want.Status = s.clock.now().Unix(), step.status // the matching is an update too
			sameList(t, s.matched(t, got.ID), want)
		})
	}
	t.Run("changes at the same time all count", func(t *testing.T) {
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				s.send(t, s.Token, http.MethodPatch, listPath(got.ID),
					strings.NewReader(fmt.Sprintf(`{"operation_type":"ADD","records":%q}`, email(600+i))))
			})
		}
		all.Wait()
		want.Batches, want.Uploaded = want.Batches+10, want.Uploaded+10
		want.Updated = s.clock.now().Unix()
		sameList(t, s.matched(t, got.ID), want)
	})
}

func TestRecordsMatchImportedPeople(t *testing.T) {
	s := start(t)
	s.people(t, 0, 10, "US")
	s.lines(t, "people", `{"external_id":"phone","maids":["AEBE52E7-03EE-455A-B3C4-E57283966239"]}`,
		fmt.Sprintf(`{"external_id":"hashed","hashed_emails":[%q]}`, sha256Hex("hashed@example.com")))
	weak, weaker := sha1.Sum([]byte(email(2))), md5.Sum([]byte(email(3))) //nolint:gosec // see the imports
	maid := sha1.Sum([]byte("aebe52e7-03ee-455a-b3c4-e57283966239"))      //nolint:gosec // see the imports
	mix := []string{
		email(0), sha256Hex(email(1)), hex.EncodeToString(weak[:]), hex.EncodeToString(weaker[:]),
		strings.ToUpper(email(4)), " " + email(5) + " ", strings.ToUpper(sha256Hex(email(6))), hex.EncodeToString(maid[:]),
		sha256Hex("hashed@example.com"), "nobody@example.com", "not an e-mail", "",
	}
	for _, separator := range []string{",", "\\n", ",\\r\\n", " , "} {
		t.Run("separated by "+strconv.Quote(separator), func(t *testing.T) {
			l := as[customerList](t, s.call(t, http.MethodPost, inAccount+"/customer_lists",
				`{"name":"mix","list_type":"MAID","records":"`+strings.Join(mix, separator)+`"}`))
			if l.Uploaded != 11 {
				t.Errorf("%d records were counted, want 11", l.Uploaded)
			}
			a := s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, l.ID))
			a.is(t, 10, "TOO_SMALL") // nine of the imported, and nobody, who becomes somebody in an open population
			for p := range 10 {
				s.member(t, a.ID, p, p < 7)
			}
			for _, who := range []string{"phone", "hashed"} {
				if got := s.callBeyond(t, http.MethodGet, "/parterre/v1/memberships?external_id="+who,
					""); !strings.Contains(string(got.body), a.ID) {
					t.Errorf("%s is in %s, not in %s", who, got.body, a.ID)
				}
			}
		})
	}
}

func TestRefusedCustomerLists(t *testing.T) {
	s := start(t)
	list := s.list(t, 0, 1)
	s.settle(t)
	theirs, _, _ := s.elsewhere(t)
	many := strings.Repeat("a@example.com,", audiences.MaxRecords)
	create, update := "POST "+inAccount+"/customer_lists", "PATCH "+listPath(list)
	for _, tt := range []struct {
		name, request, body string
		status, code        int
		words               []string
	}{
		{"no name", create, `{"records":"a@example.com"}`, 400, 1, []string{"'name'", "required"}},
		{"an empty name", create, `{"name":"","records":"a@example.com"}`, 400, 1, []string{"'name'", "empty"}},
		{"a name that is no string", create, `{"name":1,"records":"a@example.com"}`, 400, 1, []string{"'name'", "'string'"}},
		{"no records", create, `{"name":"n"}`, 400, 1, []string{"'records'", "required"}},
		{"records as a list", create, `{"name":"n","records":["a@example.com"]}`, 400, 1, []string{"'records'", "'string'"}},
		{"records that are null", create, `{"name":"n","records":null}`, 400, 1, []string{"'records'", "'string'"}},
		{"empty records", create, `{"name":"n","records":""}`, 400, 2741, []string{"'records'", "commas"}},
		{"records of commas", create, `{"name":"n","records":" ,,\n, "}`, 400, 2741, []string{"'records'", "commas"}},
		{
			"records of which none is any", create, `{"name":"n","records":"not one, nor this"}`, 400, 2741,
			[]string{"'records'", "commas"},
		},
		{
			"too many records", create, `{"name":"n","records":"` + many + `b@example.com"}`, 400, 2740,
			[]string{"'records'", "50000"},
		},
		{
			"an unknown type", create, `{"name":"n","records":"a@example.com","list_type":"PHONE"}`, 400, 1,
			[]string{"list_type", "'EMAIL', 'IDFA', 'MAID'"},
		},
		{
			"a type in lower case", create, `{"name":"n","records":"a@example.com","list_type":"email"}`, 400, 1,
			[]string{"list_type", "'EMAIL'"},
		},
		{
			"two types", create, `{"name":"n","records":"a@example.com","list_type":"EMAIL IDFA"}`, 400, 1,
			[]string{"list_type", "'EMAIL'"},
		},
		{
			"an empty type", create, `{"name":"n","records":"a@example.com","list_type":""}`, 400, 1,
			[]string{"list_type", "'EMAIL'"},
		},
		{
			"a type that is null", create, `{"name":"n","records":"a@example.com","list_type":null}`, 400, 1,
			[]string{"list_type", "'string'"},
		},
		{"no operation", update, `{"records":"a@example.com"}`, 400, 1, []string{"operation_type", "required"}},
		{
			"an operation in lower case", update, `{"operation_type":"add","records":"a@example.com"}`, 400, 1,
			[]string{"operation_type", "'ADD', 'REMOVE'"},
		},
		{
			"an operation of audiences", update, `{"operation_type":"UPDATE","records":"a@example.com"}`, 400, 1,
			[]string{"operation_type", "'ADD', 'REMOVE'"},
		},
		{"an update without records", update, `{"operation_type":"ADD"}`, 400, 1, []string{"'records'", "required"}},
		{
			"an update with empty records", update, `{"operation_type":"ADD","records":""}`, 400, 2741,
			[]string{"'records'", "commas"},
		},
		{
			"a removal of empty records", update, `{"operation_type":"REMOVE","records":","}`, 400, 2741,
			[]string{"'records'", "commas"},
		},
		{
			"an update with too many records", update, `{"operation_type":"ADD","records":"` + many + `b@example.com"}`, 400,
			2740,
			[]string{"'records'", "50000"},
		},
		{
			"a list that is not there", "PATCH " + listPath("1"), `{"operation_type":"ADD","records":"a@example.com"}`, 404,
			1001,
			[]string{"Customer list could not be found"},
		},
		{
			"a list that is not there, and empty records", "PATCH " + listPath("1"), `{"operation_type":"ADD","records":""}`,
			404, 1001, nil,
		},
		{
			"a list of another ad account", "PATCH " + listPath(theirs), `{"operation_type":"REMOVE","records":"a@example.com"}`,
			404, 1001, nil,
		},
		{
			"reading a list that is not there", "GET " + listPath("1"), "", 404, 1001,
			[]string{"Customer list could not be found"},
		},
		{"reading a list of another ad account", "GET " + listPath(theirs), "", 404, 1001, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.everything(t)
			s.clock.seconds.Add(1)
			method, target, _ := strings.Cut(tt.request, " ")
			s.refuse(t, method, target, tt.body, tt.status, tt.code, tt.words...)
			s.unchanged(t, before)
		})
	}
	t.Run("as many records as are allowed are taken", func(t *testing.T) {
		if got := s.change(t, list, "ADD", strings.TrimSuffix(many, ",")).Uploaded; got != 1+audiences.MaxRecords {
			t.Errorf("%d records were counted", got)
		}
	})
	t.Run("every type is taken", func(t *testing.T) {
		for _, kind := range []string{"EMAIL", "IDFA", "MAID", "LR_ID", "DLX_ID", "HASHED_PINNER_ID"} {
			s.call(t, http.MethodPost, inAccount+"/customer_lists",
				fmt.Sprintf(`{"name":"n","records":"a@example.com","list_type":%q}`, kind))
		}
	})
}
