package v5_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestWrongMethods(t *testing.T) {
	s := start(t)
	allowed := map[string][]string{}
	for _, route := range routes() {
		path := filled(route.Path)
		allowed[path] = append(allowed[path], route.Method)
		if route.Method == http.MethodGet {
			allowed[path] = append(allowed[path], http.MethodHead)
		}
	}
	for path, methods := range allowed {
		for _, method := range []string{"GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE", "get"} {
			if slices.Contains(methods, method) {
				continue
			}
			a := s.send(t, s.Token, method, path, http.NoBody)
			refused(t, a, http.StatusMethodNotAllowed, 5, "Method not allowed")
			got := strings.Split(a.header.Get("Allow"), ", ")
			slices.Sort(got)
			slices.Sort(methods)
			if !slices.Equal(got, methods) {
				t.Errorf("%s %s allows %v, want %v", method, path, got, methods)
			}
		}
	}
	t.Run("a long path is not repeated whole", func(t *testing.T) {
		a := s.send(t, s.Token, http.MethodDelete, pathOf(strings.Repeat("1", 50_000)), http.NoBody)
		refused(t, a, http.StatusMethodNotAllowed, 5, "GET, HEAD, PATCH")
		if len(a.body) > 500 {
			t.Errorf("the answer has %d bytes", len(a.body))
		}
	})
	t.Run("HEAD is GET without a body", func(t *testing.T) {
		a := s.send(t, s.Token, http.MethodHead, inAccount, http.NoBody)
		if a.status != http.StatusOK || len(a.body) > 0 {
			t.Errorf("the answer is %d with %d bytes", a.status, len(a.body))
		}
	})
}

func TestUnknownPaths(t *testing.T) {
	s := start(t)
	for _, path := range []string{
		"/", "/v5", "/v5/", "/v5/pins", "/v6/ad_accounts", "/V5/ad_accounts", "/v5/Ad_Accounts", "/ad_accounts", "/parterre", "/parterre/v1",
		"/parterre/v2/people", "/healthz/", "/healthz/x", "/favicon.ico", "/v5/ad_accounts/", inAccount + "/", inAccount + "/audiences/",
		pathOf("1") + "/", pathOf("1") + "/x", pathOf("1") + "%2F", "/v5//ad_accounts", "//v5/ad_accounts", "/v5/ad_accounts//" + account,
		inAccount + "//audiences", inAccount + "/./audiences", inAccount + "/audiences/../audiences", "/v5/%2e/ad_accounts",
		inAccount + "/%2e%2e/" + account, "/v5%2Fad_accounts", inAccount + "/audiences%00", "/%FF", "/v5/ad_accounts;x",
		"/" + strings.Repeat("x", 100_000),
	} {
		t.Run(path[:min(len(path), 60)], func(t *testing.T) {
			a := s.send(t, s.Token, http.MethodGet, path, http.NoBody)
			refused(t, a, http.StatusNotFound, 404, "no operation at")
			if a.header.Get("Location") != "" || len(a.body) > 500 {
				t.Errorf("the answer leads to %q and has %d bytes", a.header.Get("Location"), len(a.body))
			}
			if path != "/healthz/" { // other methods are no different
				refused(t, s.send(t, s.Token, http.MethodPost, path, strings.NewReader("{}")), http.StatusNotFound, 404)
			}
		})
	}
}

func TestSlashesInParameters(t *testing.T) {
	s := start(t)
	_, _, seed := s.elsewhere(t)
	// An encoded slash is a part of the parameter, which then is no id; it never leads to another path.
	s.refuse(t, http.MethodGet, "/v5/ad_accounts/"+account+"%2Faudiences", "", 400, 1, "ad_account_id")
	s.refuse(t, http.MethodGet, inAccount+"/audiences%2F"+seed, "", 404, 404)
	s.refuse(t, http.MethodGet, pathOf("1%2F..%2F"+seed), "", 404, 404)
	s.refuse(t, http.MethodGet, pathOf("..%2F..%2F549755885176%2Faudiences%2F"+seed), "", 404, 404)
}

func TestHealth(t *testing.T) {
	s := start(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		if a := s.send(t, "", method, "/healthz", http.NoBody); a.status != http.StatusOK {
			t.Errorf("%s /healthz is %d: %s", method, a.status, a.body)
		}
	}
}

func TestWrongQueries(t *testing.T) {
	s := start(t)
	for _, query := range []string{"page_size=%zz", "bookmark=%", "page_size=5;order=ASCENDING", "%=1"} {
		t.Run("a query that is malformed is refused: "+query, func(t *testing.T) {
			got := s.raw(t, fmt.Sprintf("GET %s/audiences?%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
				inAccount, query, s.Token), false)
			refused(t, got, 400, 1, "query")
		})
	}
	for target, word := range map[string]string{
		"/audiences?page_size=0":                       "1 to 250",
		"/audiences?page_size=251":                     "1 to 250",
		"/audiences?page_size=-1":                      "1 to 250",
		"/audiences?page_size=3e":                      "Parameter 'page_size' was not numeric (was 3e)",
		"/audiences?page_size=":                        "page_size",
		"/audiences?page_size=1.5":                     "page_size",
		"/audiences?page_size=99999999999999999999999": "page_size",
		"/audiences?order=ascending":                   "'ASCENDING', 'DESCENDING'",
		"/audiences?order=":                            "'ASCENDING', 'DESCENDING'",
		"/audiences?ownership_type=MINE":               "'OWNED', 'RECEIVED'",
		"/customer_lists?page_size=251":                "1 to 250",
		"/customer_lists?order=UP":                     "'ASCENDING', 'DESCENDING'",
		"/conversion_tags?filter_deleted=maybe":        "'true', 'false'",
	} {
		t.Run(target, func(t *testing.T) {
			name, _, _ := strings.Cut(target[strings.IndexByte(target, '?')+1:], "=")
			s.refuse(t, http.MethodGet, inAccount+target, "", 400, 1, name, word)
		})
	}
	s.refuse(t, http.MethodGet, "/v5/ad_accounts?include_shared_accounts=maybe", "", 400, 1, "include_shared_accounts",
		"'true'")
	s.refuse(t, http.MethodGet, "/v5/ad_accounts?page_size=251", "", 400, 1, "page_size", "1 to 250")
	s.refuse(t, http.MethodPost, inAccount+"/events?test=maybe", `{"data":[]}`, 400, 1, "test", "'true', 'false'")
}

// raw sends bytes that are no request which net/http would make, and gives the answer. Cut says that nothing follows them.
func (s *service) raw(t *testing.T, request string, cut bool) answer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if cut {
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, body}
}

// A body that breaks off changes nothing, even where what came of it would have been enough.
func TestABodyThatBreaksOff(t *testing.T) {
	s := start(t)
	a := s.create(t, "VISITOR", fmt.Sprintf(`{"visitor_source_id":%q}`, s.tag(t, "t")))
	before := s.everything(t)
	body := `{"name":"half"}`
	got := s.raw(t, fmt.Sprintf("PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		pathOf(a.ID), s.Token, len(body)+1, body), true)
	refused(t, got, 400, 1, "body")
	s.settle(t)
	s.unchanged(t, strings.ReplaceAll(before, "INITIALIZING", "TOO_SMALL"))
}
