package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre/client"
)

const account = "549755885175"

// exchange is a request as a test service saw it.
type exchange struct {
	Method, Path, Query, ContentType, Token, Body string
}

// serve starts a service that answers everything with one status and body, and says what it was last asked.
func serve(t *testing.T, status int, answer string) (*client.Client, *exchange) {
	t.Helper()
	seen := new(exchange)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the body: %v", err)
		}
		*seen = exchange{
			r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type"), r.Header.Get("Authorization"),
			string(body),
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(srv.Close)
	return connect(t, srv.URL, nil), seen
}

func connect(t *testing.T, base string, o *client.Options) *client.Client {
	t.Helper()
	c, err := client.New(base, "secret", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRequests(t *testing.T) {
	const accounts = "/v5/ad_accounts/" + account
	rule := json.RawMessage(`{"customer_list_id":"643"}`)
	owner, business := client.Sharer{AdAccount: account}, client.Sharer{Business: "7"}
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context, c *client.Client) error
		want exchange
	}{
		{"share with ad accounts", func(ctx context.Context, c *client.Client) error {
			_, err := c.ShareWithAdAccounts(ctx, owner, "1", "2", "3")
			return err
		}, exchange{
			Method: "PATCH", Path: accounts + "/audiences/ad_accounts/shared",
			Body: `{"audience_id":"1","operation_type":"SHARE","recipient_account_ids":["2","3"]}`,
		}},
		{"revoke from businesses", func(ctx context.Context, c *client.Client) error {
			_, err := c.RevokeFromBusinesses(ctx, business, "1", "2")
			return err
		}, exchange{
			Method: "PATCH", Path: "/v5/businesses/7/audiences/businesses/shared",
			Body: `{"audience_id":"1","operation_type":"REVOKE","recipient_business_ids":["2"]}`,
		}},
		{"an audience is created", func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateAudience(ctx, account, client.AudienceCreate{
				AudienceType: client.TypeCustomerList, Name: "n", Rule: rule,
			})
			return err
		}, exchange{
			Method: "POST", Path: accounts + "/audiences",
			Body: `{"audience_type":"CUSTOMER_LIST","name":"n","rule":{"customer_list_id":"643"}}`,
		}},
		{"an audience is read", func(ctx context.Context, c *client.Client) error {
			_, err := c.Audience(ctx, account, "12")
			return err
		}, exchange{Method: "GET", Path: accounts + "/audiences/12"}},
		{"an update sends what is set", func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateAudience(ctx, account, "12", client.AudienceUpdate{Description: new("")})
			return err
		}, exchange{Method: "PATCH", Path: accounts + "/audiences/12", Body: `{"description":""}`}},
		{"a rule may be any value", func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateAudience(ctx, account, "12", client.AudienceUpdate{Rule: map[string]int{"engager_type": 1}})
			return err
		}, exchange{Method: "PATCH", Path: accounts + "/audiences/12", Body: `{"rule":{"engager_type":1}}`}},
		{"a removal is an update", func(ctx context.Context, c *client.Client) error {
			_, err := c.RemoveAudience(ctx, account, "12")
			return err
		}, exchange{Method: "PATCH", Path: accounts + "/audiences/12", Body: `{"operation_type":"REMOVE"}`}},
		{"an id is escaped", func(ctx context.Context, c *client.Client) error {
			_, err := c.Audience(ctx, account, "1/../2?x=é")
			return err
		}, exchange{Method: "GET", Path: accounts + "/audiences/1%2F..%2F2%3Fx=%C3%A9"}},
		{"records go as one string", func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateCustomerList(ctx, account, client.CustomerListCreate{Name: "n", Records: []string{"a@b.c", "d@e.f"}})
			return err
		}, exchange{Method: "POST", Path: accounts + "/customer_lists", Body: `{"name":"n","records":"a@b.c,d@e.f"}`}},
		{"records are removed", func(ctx context.Context, c *client.Client) error {
			_, err := c.UpdateCustomerList(ctx, account, "7", client.CustomerListUpdate{
				Operation: client.OperationRemove, Records: []string{"a@b.c"},
			})
			return err
		}, exchange{
			Method: "PATCH", Path: accounts + "/customer_lists/7", Body: `{"operation_type":"REMOVE","records":"a@b.c"}`,
		}},
		{"a tag's settings stand beside its name", func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateConversionTag(ctx, account, client.ConversionTagCreate{
				Name: "n", TagConfigs: client.TagConfigs{AEM: true},
			})
			return err
		}, exchange{Method: "POST", Path: accounts + "/conversion_tags", Body: `{"name":"n","aem_enabled":true}`}},
		{"events are checked", func(ctx context.Context, c *client.Client) error {
			_, err := c.SendEvents(ctx, account, []client.Event{{EventName: "checkout", EventTime: 5}}, true)
			return err
		}, exchange{
			Method: "POST", Path: accounts + "/events", Query: "test=true",
			Body: `{"data":[{"event_name":"checkout","action_source":"","event_time":5,"event_id":"","user_data":{}}]}`,
		}},
		{"an ad account is created", func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateAdAccount(ctx, client.AdAccountCreate{Name: "n", Country: "CA"})
			return err
		}, exchange{Method: "POST", Path: "/v5/ad_accounts", Body: `{"name":"n","country":"CA"}`}},
		{"a conversion token is asked for", func(ctx context.Context, c *client.Client) error {
			_, err := c.ConversionToken(ctx)
			return err
		}, exchange{Method: "POST", Path: "/v5/oauth/conversion_token"}},
		{"an ad account is read", func(ctx context.Context, c *client.Client) error {
			_, err := c.AdAccount(ctx, account)
			return err
		}, exchange{Method: "GET", Path: accounts}},
		{"memberships are looked up", func(ctx context.Context, c *client.Client) error {
			_, err := c.Memberships(ctx, client.Identifier{Email: "a+b@c.d"})
			return err
		}, exchange{Method: "GET", Path: "/parterre/v1/memberships", Query: "email=a%2Bb%40c.d"}},
		{"memberships of many are looked up", func(ctx context.Context, c *client.Client) error {
			_, err := c.MembershipsOfMany(ctx, []client.Identifier{{Email: "a+b@c.d"}, {ExternalID: "u1"}})
			return err
		}, exchange{Method: "POST", Path: "/parterre/v1/memberships", Body: `[{"email":"a+b@c.d"},{"external_id":"u1"}]`}},
		{"an import is sent as it is", func(ctx context.Context, c *client.Client) error {
			_, err := c.ImportPeople(ctx, io.MultiReader(strings.NewReader("{}\n"), strings.NewReader("{}")))
			return err
		}, exchange{Method: "POST", Path: "/parterre/v1/people", Body: "{}\n{}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, got := serve(t, http.StatusOK, `{}`)
			if err := tt.do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			tt.want.Token = "Bearer secret"
			switch {
			case strings.HasPrefix(tt.want.Path, "/parterre/v1/people"):
				tt.want.ContentType = "application/x-ndjson"
			case tt.want.Body != "":
				tt.want.ContentType = "application/json"
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("the request differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	t.Run("an audience is read, nulls and unknown fields included", func(t *testing.T) {
		c, _ := serve(t, http.StatusOK, `{"type":"audience","id":"12","ad_account_id":"549755885175","name":"n",
			"audience_type":"VISITOR","description":null,"rule":{"retention_days":"180"},"size":null,"status":"READY",
			"created_timestamp":7,"updated_timestamp":8,"created_by_company_name":null,"is_nca":false,"later":{"a":[1]}}`)
		got, err := c.Audience(t.Context(), account, "12")
		if err != nil {
			t.Fatal(err)
		}
		want := client.Audience{
			ID: "12", AdAccountID: account, Name: "n", AudienceType: "VISITOR", Rule: json.RawMessage(`{"retention_days":"180"}`),
			Status: "READY", CreatedTimestamp: 7, UpdatedTimestamp: 8,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a conversion token is read", func(t *testing.T) {
		c, _ := serve(t, http.StatusOK, `{"access_token":"pina_x","token_type":"conversion"}`)
		if got, err := c.ConversionToken(t.Context()); got != "pina_x" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("tags come without pages", func(t *testing.T) {
		c, _ := serve(t, http.StatusOK, `{"items":[{"id":"5","configs":{"aem_enabled":null,"md_frequency":1}}]}`)
		got, err := c.ConversionTags(t.Context(), account)
		if err != nil || len(got) != 1 || got[0].ID != "5" || got[0].Configs.MDFrequency != 1 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("the quality of events is a list without an envelope", func(t *testing.T) {
		c, asked := serve(t, http.StatusOK, `[{"overall_status":"FAIR","source_platform":"WEB","ingestion_source":"TAG","lookback_period":"1d",
			"quality_components":{"hashed_email":{"lead":{"coverage":12.5,"issues":[{"id":"i","name":"n","reason":"r"}]}}}}]`)
		got, err := c.EventQuality(t.Context(), account, client.EventQualityOptions{LookbackPeriod: "1d", Ingestion: "TAG"})
		want := []client.EventQuality{{
			OverallStatus: "FAIR", SourcePlatform: "WEB", Ingestion: "TAG", LookbackPeriod: "1d",
			Components: map[string]map[string]client.QualityDetails{
				"hashed_email": {"lead": {Coverage: 12.5, Issues: []client.QualityIssue{{ID: "i", Name: "n", Reason: "r"}}}},
			},
		}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if want := "ingestion_source=TAG&lookback_period=1d"; asked.Query != want {
			t.Errorf("the query is %s, want %s", asked.Query, want)
		}
	})
	t.Run("a made-up event that maps to nothing has no type", func(t *testing.T) {
		c, _ := serve(t, http.StatusOK,
			`{"items":[{"name":"Sign-up","mapped_conversion_type":"SIGNUP"},{"name":"x","mapped_conversion_type":null}]}`)
		got, err := c.AdvertiserEvents(t.Context(), account)
		if diff := cmp.Diff([]client.AdvertiserEvent{{Name: "Sign-up", Type: "SIGNUP"}, {Name: "x"}}, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
	t.Run("rejected lines are no error", func(t *testing.T) {
		c, _ := serve(t, http.StatusOK, `{"received":2,"accepted":1,"rejected":[{"line":2,"message":"country"}]}`)
		got, err := c.ImportEvents(t.Context(), strings.NewReader("{}\n{}\n"))
		want := client.ImportResult{Received: 2, Accepted: 1, Rejected: []client.Rejection{{Line: 2, Message: "country"}}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
	t.Run("an answer that is not JSON is an error", func(t *testing.T) {
		c, _ := serve(t, http.StatusOK, `<html>`)
		if _, err := c.Audience(t.Context(), account, "12"); err == nil {
			t.Error("no error")
		}
	})
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		status       int
		want         client.Error
		text         string
	}{
		{
			"a refusal has code and message", `{"code":1000,"message":"Audience could not be found."}`, 404,
			client.Error{Status: 404, Code: 1000, Message: "Audience could not be found."},
			"GET /v5/ad_accounts/549755885175/audiences/12: HTTP 404, code 1000: Audience could not be found.",
		},
		{
			"details stay as they are", `{"code":1,"message":"m","details":{"a":1},"status":"failure"}`, 400,
			client.Error{Status: 400, Code: 1, Message: "m", Details: json.RawMessage(`{"a":1}`)},
			"GET /v5/ad_accounts/549755885175/audiences/12: HTTP 400, code 1: m",
		},
		{
			"a text becomes the message", " bad gateway\n", 502,
			client.Error{Status: 502, Message: "bad gateway"},
			"GET /v5/ad_accounts/549755885175/audiences/12: HTTP 502: bad gateway",
		},
		{
			"a long text is cut", strings.Repeat("é", 300), 500,
			client.Error{Status: 500, Message: strings.Repeat("é", 100) + "…"},
			"GET /v5/ad_accounts/549755885175/audiences/12: HTTP 500: " + strings.Repeat("é", 100) + "…",
		},
		{
			"an empty answer has the status' text", "", 404,
			client.Error{Status: 404, Message: "Not Found"},
			"GET /v5/ad_accounts/549755885175/audiences/12: HTTP 404: Not Found",
		},
		{
			"a redirect is not followed", "", 302,
			client.Error{Status: 302, Message: "Found"},
			"GET /v5/ad_accounts/549755885175/audiences/12: HTTP 302: Found",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := serve(t, tt.status, tt.answer)
			_, err := c.Audience(t.Context(), account, "12")
			e := (*client.Error)(nil)
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a client.Error in the chain", err)
			}
			if diff := cmp.Diff(tt.want, *e); diff != "" {
				t.Errorf("the error differs (-want +got):\n%s", diff)
			}
			if err.Error() != tt.text {
				t.Errorf("got the text %q, want %q", err.Error(), tt.text)
			}
		})
	}
}

func TestFailedEvents(t *testing.T) {
	c, _ := serve(t, http.StatusUnprocessableEntity, `{"code":953,"message":"m","details":{"num_events_received":2,
		"num_events_processed":1,"events":[{"status":"processed","error_message":"","warning_message":"w"},
		{"status":"failed","error_message":"e","warning_message":null}]}}`)
	got, err := c.SendEvents(t.Context(), account, make([]client.Event, 2), false)
	want := client.EventsResult{
		Received: 2, Processed: 1,
		Events: []client.EventResult{{Status: "processed", Warning: "w"}, {Status: "failed", Error: "e"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the result differs (-want +got):\n%s", diff)
	}
	if e := (*client.Error)(nil); !errors.As(err, &e) || e.Code != 953 {
		t.Errorf("got %v, want an error of code 953", err)
	}
}

func TestErrorsTellNoQuery(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close() // nobody listens any more
	_, err := connect(t, srv.URL, nil).Memberships(t.Context(), client.Identifier{Email: "ada@mail.example"})
	if err == nil || strings.Contains(err.Error(), "ada") {
		t.Errorf("got %v, want an error without the address", err)
	}
}

func TestIDsThatWouldChangeThePath(t *testing.T) {
	c, seen := serve(t, http.StatusOK, `{}`)
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.Audience(t.Context(), account, id); err == nil || seen.Method != "" {
			t.Errorf("id %q: got error %v and request %+v, want an error and no request", id, err, *seen)
		}
	}
}

func TestNew(t *testing.T) {
	for _, bad := range []struct{ name, base, token string }{
		{"a base URL without a scheme", "127.0.0.1:8080", "t"},
		{"a base URL of another scheme", "ftp://127.0.0.1", "t"},
		{"a base URL without a host", "http:///v5", "t"},
		{"a base URL with a user", "http://u:p@127.0.0.1", "t"},
		{"a base URL with a query", "http://127.0.0.1/?a=1", "t"},
		{"a base URL that cannot be read", "http://[", "t"},
		{"no token", "http://127.0.0.1", ""},
	} {
		t.Run(bad.name+" is refused", func(t *testing.T) {
			if _, err := client.New(bad.base, bad.token, nil); err == nil {
				t.Error("no error")
			}
		})
	}
	t.Run("a base URL may have a path and a slash", func(t *testing.T) {
		var path, agent string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path, agent = r.URL.Path, r.Header.Get("User-Agent")
			_, _ = io.WriteString(w, `{}`)
		}))
		defer srv.Close()
		c := connect(t, srv.URL+"/ads/", &client.Options{UserAgent: "mine/1"})
		if _, err := c.AdAccount(t.Context(), account); err != nil {
			t.Fatal(err)
		}
		if want := "/ads/v5/ad_accounts/" + account; path != want || agent != "mine/1" {
			t.Errorf("got path %q and agent %q, want %q and mine/1", path, agent, want)
		}
	})
}

func TestHashEmail(t *testing.T) {
	const want = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514" // SHA-256 of user@example.com
	if got := client.HashEmail(" User@Example.com\n"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
