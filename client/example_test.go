package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/parterre/parterre/client"
)

// shelf stands in for a service that has one audience.
func shelf() *httptest.Server {
	name, removed := "Visitors", false
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if removed {
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, `{"code":1000,"message":"Audience could not be found."}`)
			return
		}
		var in struct {
			Name      *string `json:"name"`
			Operation string  `json:"operation_type"`
		}
		if r.Method == http.MethodPatch && json.NewDecoder(r.Body).Decode(&in) == nil && in.Name != nil {
			name = *in.Name
		}
		removed = in.Operation == "REMOVE"
		_, _ = fmt.Fprintf(w, `{"id":"2542620639259","name":%q,"size":1200,"status":"READY"}`, name)
	}))
}

// An audience gets a new name, and then it is removed.
func Example() {
	srv := shelf()
	defer srv.Close()
	const account, id = "549755885175", "2542620639259"

	c, err := client.New(srv.URL, "token", nil)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	a, err := c.UpdateAudience(ctx, account, id, client.AudienceUpdate{Name: new("Autumn visitors")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Name, a.Size, a.Status)

	if _, err := c.RemoveAudience(ctx, account, id); err != nil {
		log.Fatal(err)
	}
	_, err = c.Audience(ctx, account, id)
	if e := (*client.Error)(nil); errors.As(err, &e) {
		fmt.Println(e.Status, e.Code, e.Message)
	}
	// Output:
	// Autumn visitors 1200 READY
	// 404 1000 Audience could not be found.
}

// A new rule is evaluated in the background; the old members serve until the new ones are complete.
func ExampleClient_WaitForAudience() {
	srv := shelf()
	defer srv.Close()
	const account, id = "549755885175", "2542620639259"

	c, err := client.New(srv.URL, "token", nil)
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rule := json.RawMessage(`{"engagement_domain": ["www.entomi.com"], "engager_type": 1}`)
	if _, err := c.UpdateAudience(ctx, account, id, client.AudienceUpdate{Rule: rule}); err != nil {
		log.Fatal(err)
	}
	a, err := c.WaitForAudience(ctx, account, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Status)
	// Output:
	// READY
}

// People, engagements and events are streamed: however many there are, no more than a few are held at a time.
func ExampleNDJSON() {
	ctx := context.Background()
	c, err := client.New("http://127.0.0.1:8080", "token", nil)
	if err != nil {
		log.Fatal(err)
	}
	people := slices.Values([]client.Person{
		{ExternalID: "u1", Emails: []string{"ada@mail.example"}, Country: "GB"},
		{ExternalID: "u2", Emails: []string{"grace@mail.example"}, Country: "US"},
	})
	result, err := c.ImportPeople(ctx, client.NDJSON(people))
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range result.Rejected {
		fmt.Printf("line %d: %s\n", r.Line, r.Message)
	}
}

// Lists are read as sequences; pages are fetched as they are needed.
func ExampleClient_Audiences() {
	c, err := client.New("http://127.0.0.1:8080", "token", nil)
	if err != nil {
		log.Fatal(err)
	}
	for a, err := range c.Audiences(context.Background(), "549755885175", client.ListOptions{PageSize: 250}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.ID, a.Name, a.Status)
	}
}
