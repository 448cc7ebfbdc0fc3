package v5_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/sandbox"
)

// Every route is sent every request that it must refuse. The routes are those that are served, so a new one is held to
// this from its first day.

// wrong is a request that must be refused, and how.
type wrong struct {
	name         string
	change       func(*sent)
	status, code int
}

// sent is a request before it goes out. What the changes of a [wrong] leave alone is as the route wants it.
type sent struct {
	method, target, query, body string
	header                      map[string]string
}

// matrix is what the requests are made of.
type matrix struct {
	*service
	records  map[string]string // an id that is there for each parameter of a path
	stranger string            // a token with every scope, of a user without a role
}

// unknown is how each record is told that is not there. Who adds a parameter to a path says here how.
var unknown = map[string]struct{ status, code int }{
	"ad_account_id":           {403, 29},
	"business_id":             {403, 29},
	"audience_id":             {404, 1000},
	"customer_list_id":        {404, 1001},
	"customer_list_upload_id": {404, 404},
	"conversion_tag_id":       {404, 404},
}

// right are bodies that are right as far as can be seen without their records, for routes whose paths name a record.
var right = map[string]string{
	"audiences/update":             `{"name":"n"}`,
	"customer_lists/update":        `{"operation_type":"ADD","records":"a@example.com"}`,
	"customer_list_uploads/create": `{"operation":"ADD","total_parts":1}`,
}

func TestEveryRouteRefusesEveryWrongRequest(t *testing.T) {
	m := newMatrix(t)
	methods := map[string][]string{} // of each path
	for _, route := range routes() {
		methods[route.Path] = append(methods[route.Path], route.Method)
	}
	for _, route := range routes() {
		for _, w := range slices.Concat(m.callers(t, &route), m.places(t, &route), m.shapes(&route), wrongMethods(methods[route.Path])) {
			t.Run(route.Operation+" "+w.name, func(t *testing.T) {
				before := m.dump(t)
				refused(t, m.ask(t, &route, w.change), w.status, w.code)
				if after := m.dump(t); after != before {
					t.Errorf("the catalogue has changed, at\n%.300s", after[commonPrefix(after, before):])
				}
			})
		}
	}
}

// newMatrix starts a service that has one of everything.
func newMatrix(t *testing.T) *matrix {
	t.Helper()
	s := startIn(t, t.TempDir())
	all := ofEach(t, s)
	s.share(t, sharing{"ad_accounts/" + account, "ad_accounts", all["VISITOR"].ID, "SHARE", []string{s.newAccount(t, business)}})
	list := as[customerList](t, s.call(t, http.MethodGet, inAccount+"/customer_lists", "").first(t)).ID
	upload := as[struct {
		Upload struct{ ID string } `json:"customer_list_upload"`
	}](t, s.call(t, http.MethodPost, listPath(list)+"/uploads", `{"operation":"ADD","total_parts":1}`)).Upload.ID
	s.settle(t)
	return &matrix{
		service: s,
		records: map[string]string{
			"ad_account_id": account, "business_id": sandbox.Business.String(), "audience_id": all["VISITOR"].ID,
			"customer_list_id": list, "customer_list_upload_id": upload, "conversion_tag_id": tagOf(t, all["VISITOR"]),
		},
		stranger: s.issue(t, scopesBut(""), []string{}),
	}
}

// ask sends the request of a route, changed.
func (m *matrix) ask(t *testing.T, route *wire.Route, change func(*sent)) answer {
	t.Helper()
	r := sent{method: route.Method, target: route.Path, header: map[string]string{"Authorization": "Bearer " + m.Token}}
	if r.body = right[route.Operation]; r.body == "" && route.MaxBody > 0 && !route.Basic {
		r.body = "{}"
	}
	if r.body != "" {
		r.header["Content-Type"] = "application/json"
	}
	if route.Basic {
		r.header["Content-Type"] = "application/x-www-form-urlencoded"
	}
	change(&r)
	for name, id := range m.records {
		r.target = strings.ReplaceAll(r.target, "{"+name+"}", id)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.method, m.URL+r.target+r.query, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	if route.Basic {
		req.SetBasicAuth(m.AppID, m.AppSecret)
	}
	for name, value := range r.header {
		if route.Basic && name == "Authorization" && strings.HasSuffix(value, m.Token) {
			continue // the app shows itself, unless the change says otherwise
		}
		req.Header.Set(name, value)
	}
	return m.exchange(t, req)
}

// dump is the whole catalogue, with what no operation shows.
func (m *matrix) dump(t *testing.T) string {
	t.Helper()
	file := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(filepath.Join(m.data, "catalog.db")), RawQuery: "_query_only=1"}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables := strings.Fields(texts(t, db, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`))
	if len(tables) < 15 {
		t.Fatalf("the catalogue has the tables %v alone", tables)
	}
	var all strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&all, "%s\n%s", table, texts(t, db, "SELECT * FROM "+table+" ORDER BY 1"))
	}
	return all.String()
}

// texts are the rows of a query, one a line.
func texts(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for rows.Next() {
		values, at := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
		for i := range values {
			at[i] = &values[i]
		}
		if err := rows.Scan(at...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			all.Write(append(v, ' '))
		}
		all.WriteByte('\n')
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// scopesBut are all scopes but one.
func scopesBut(missing parterre.Scope) (scopes []string) {
	for _, s := range parterre.Scopes {
		if s != missing {
			scopes = append(scopes, string(s))
		}
	}
	return scopes
}

// callers are requests of somebody who may not.
func (m *matrix) callers(t *testing.T, route *wire.Route) []wrong {
	as := func(authorization string) func(*sent) {
		return func(r *sent) { r.header["Authorization"] = authorization }
	}
	all := []wrong{
		{"without a token", as(""), 401, 2},
		{"with an unknown token", as("Bearer pina_nobody"), 401, 2},
		{"with credentials that are none", as("Basic bm9ib2R5Om5vdGhpbmc="), 401, 2},
	}
	if route.Basic {
		return append(all, wrong{"with a user's token", as("bearer " + m.stranger), 401, 2})
	}
	lacking := m.issue(t, scopesBut(route.Scope), []string{account})
	all = append(all, wrong{"without its scope", as("Bearer " + lacking), 401, 3})
	if strings.Contains(route.Path, "{ad_account_id}") || strings.Contains(route.Path, "{business_id}") {
		all = append(all, wrong{"of somebody without a role", as("Bearer " + m.stranger), 403, 29})
	}
	return all
}

// places are requests whose path or query names nothing.
func (m *matrix) places(t *testing.T, route *wire.Route) []wrong {
	t.Helper()
	all := []wrong{
		{"with a query that is cut short", func(r *sent) { r.query = "?a=%z" }, 400, 1},
		{"with a query that is not text", func(r *sent) { r.query = "?a=%FF" }, 400, 1},
	}
	for part := range strings.SplitSeq(route.Path, "/") {
		name, is := strings.CutPrefix(part, "{")
		if !is {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		told, known := unknown[name]
		if !known {
			t.Fatalf("%s has the parameter %s, of which this test does not know how it is told that there is no such record",
				route.Operation, name)
		}
		if told.status == 404 && route.MaxBody > 0 && right[route.Operation] == "" {
			t.Fatalf("%s names a record and takes a body, but this test has no body that is right", route.Operation)
		}
		in := func(id string) func(*sent) {
			return func(r *sent) { r.target = strings.ReplaceAll(r.target, part, id) }
		}
		malformed := 1
		if name == "ad_account_id" && route.WrongID != "" {
			malformed = 400
		}
		all = append(all,
			wrong{"with an unknown " + name, in("999999999999999999"), told.status, told.code},
			wrong{"with the " + name + " 0", in("0"), told.status, told.code},
			wrong{"with letters as " + name, in("x1"), 400, malformed},
			wrong{"with a sign before the " + name, in("-1"), 400, malformed},
			wrong{"with a very long " + name, in(strings.Repeat("1", 21)), 400, malformed},
		)
	}
	return all
}

// shapes are requests whose body is not what the route reads.
func (m *matrix) shapes(route *wire.Route) []wrong {
	if route.MaxBody == 0 {
		return nil
	}
	body := func(body string) func(*sent) { return func(r *sent) { r.body = body } }
	header := func(name, value string) func(*sent) { return func(r *sent) { r.header[name] = value } }
	all := []wrong{
		{"over the limit", body(strings.Repeat(" ", int(route.MaxBody)+1)), 413, 413},
		{"that is empty", body(""), 400, 1},
		{"that is not text", body("{\"name\":\"\xff\"}"), 400, 1},
		{"of plain text", header("Content-Type", "text/plain"), 415, 415},
		{"of many parts", header("Content-Type", "multipart/form-data; boundary=x"), 415, 415},
		{"of a type that is none", header("Content-Type", "json"), 415, 415},
		{"that is packed", func(r *sent) { r.header["Content-Encoding"], r.body = "gzip", "\x1f\x8b" }, 415, 415},
	}
	if route.Basic {
		return append(all, wrong{"of JSON", header("Content-Type", "application/json"), 415, 415},
			wrong{"with a field that is cut short", body("grant_type=%z"), 400, 1})
	}
	for name, text := range map[string]string{
		"a list": "[]", "a list of objects": "[{}]", "a string": `"{}"`, "a number": "5", "null": "null", "true": "true",
		"half an object": "{", "a form": "name=n", "two objects": "{}{}", "an object with a member twice": `{"name":"a","name":"b"}`,
		"an object of lists": everyMember(`{"a":[1]}`), "an object of numbers that are too large": everyMember("1e400"),
		"nested without end": `{"rule":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	} {
		all = append(all, wrong{"that is " + name, body(text), 400, 1})
	}
	return append(all, wrong{"of a form", header("Content-Type", "application/x-www-form-urlencoded"), 415, 415})
}

// everyMember gives all members that bodies of the family have the same value.
func everyMember(value string) string {
	var members []string
	for _, name := range []string{
		"name", "rule", "audience_type", "description", "operation_type", "records", "list_type", "data", "audience_id",
		"recipient_account_ids", "recipient_business_ids", "operation", "total_parts", "country", "currency", "owner_user_id",
		"aem_enabled", "md_frequency", "targeting_spec", "keywords", "placement_group", "ad_account_id",
	} {
		members = append(members, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// wrongMethods are by the methods that a path does not take.
func wrongMethods(taken []string) (all []wrong) {
	for _, method := range []string{"GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"} {
		if !slices.Contains(taken, method) {
			all = append(all, wrong{"by " + method, func(r *sent) { r.method = method }, 405, 5})
		}
	}
	return all
}

// Whatever a query says, a route that reads answers it or refuses it.
func TestNoQueryBreaksARoute(t *testing.T) {
	m := newMatrix(t)
	for _, route := range routes() {
		if route.Method != http.MethodGet {
			continue
		}
		for _, query := range []string{
			"page_size=x&bookmark=%00&order=up", "page_size=-1", "bookmark=%C3%BC", "page_size=1e3&audience_id=x&lookback_period=2d",
			"a=1;b=2", "page_size=" + strings.Repeat("9", 1000), "=", "&&", strings.Repeat("a=b&", 1000),
		} {
			if a := m.ask(t, &route, func(r *sent) { r.query = "?" + query }); a.status != 200 && (a.status < 400 || a.status > 404) {
				t.Errorf("%s?%.80s is answered %d: %s", route.Operation, query, a.status, a.body)
			}
		}
	}
}

// A matrix without rows, or a dump that does not see a change, would guard nothing.
func TestTheMatrixSeesChanges(t *testing.T) {
	m := newMatrix(t)
	for _, w := range []string{`{"name":"another"}`, remove} {
		before := m.dump(t)
		m.patch(t, m.records["audience_id"], w)
		if m.dump(t) == before {
			t.Errorf("%s has changed nothing", w)
		}
		m.settle(t)
	}
	for _, route := range routes() {
		if n := len(m.callers(t, &route)) + len(m.places(t, &route)) + len(m.shapes(&route)); n < 5 {
			t.Errorf("%s is sent %d wrong requests", route.Operation, n)
		}
	}
	for operation := range maps.Keys(right) {
		if !slices.ContainsFunc(routes(), func(r wire.Route) bool { return r.Operation == operation }) {
			t.Errorf("there is no route %s", operation)
		}
	}
}
