package demo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/internal/demo"
)

const seed = 2026

var now = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func newShop(persons int) *demo.Shop {
	return demo.NewShop(demo.Options{Seed: seed, Now: now, Persons: persons, Account: "549755885175"})
}

// digest tells two sequences apart.
func digest[T any](t *testing.T, values iter.Seq[T]) string {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, client.NDJSON(values)); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestData(t *testing.T) {
	all := map[string]func(s *demo.Shop, n int) string{
		"people":      func(s *demo.Shop, _ int) string { return digest(t, demo.People(s)) },
		"API events":  func(s *demo.Shop, n int) string { return digest(t, demo.APIEvents(s, n)) },
		"tag events":  func(s *demo.Shop, n int) string { return digest(t, demo.TagEvents(s, n, "77")) },
		"engagements": func(s *demo.Shop, n int) string { return digest(t, demo.Engagements(s, n)) },
		"records of a list": func(s *demo.Shop, n int) string {
			return digest(t, slices.Values(demo.Records(demo.Readers(s, n/10))))
		},
	}
	first, second := newShop(500), newShop(500)
	other := demo.NewShop(demo.Options{Seed: seed + 1, Now: now, Persons: 500})
	for name, of := range all {
		t.Run(name+" follow from the seed", func(t *testing.T) {
			want := of(first, 600)
			if of(second, 600) != want {
				t.Errorf("two shops of seed %d differ", seed)
			}
			if of(first, 600) != want {
				t.Error("a second look differs from the first")
			}
			if of(other, 600) == want {
				t.Error("another seed makes the same")
			}
		})
	}
	t.Run("as many are made as are asked for", func(t *testing.T) {
		for _, n := range []int{1, 7, 1000} {
			if got := count(demo.APIEvents(first, n)); got != n {
				t.Errorf("got %d API events, want %d", got, n)
			}
			if got := count(demo.TagEvents(first, n, "77")); got != n {
				t.Errorf("got %d tag events, want %d", got, n)
			}
			if got := count(demo.Engagements(first, n)); got != n {
				t.Errorf("got %d engagements, want %d", got, n)
			}
		}
		if got := count(demo.People(first)); got != 500 {
			t.Errorf("got %d people, want 500", got)
		}
	})
	t.Run("a part of a sequence may be taken", func(t *testing.T) {
		for e := range demo.APIEvents(first, 100) {
			if e.EventID != "api-0000001" {
				t.Errorf("the first event is %s", e.EventID)
			}
			break
		}
	})
}

func count[T any](values iter.Seq[T]) (n int) {
	for range values {
		n++
	}
	return n
}

func TestPeople(t *testing.T) {
	names, emails, byCountry := map[string]bool{}, map[string]bool{}, map[string]int{}
	for p := range demo.People(newShop(5000)) {
		if names[p.ExternalID] {
			t.Errorf("two people are %s", p.ExternalID)
		}
		names[p.ExternalID] = true
		for _, e := range p.Emails {
			if emails[e] || e != strings.ToLower(e) || strings.Contains(e, ",") {
				t.Errorf("the address %s is not of one person, in lower case, without a comma", e)
			}
			emails[e] = true
		}
		for _, m := range p.MAIDs {
			if len(m) != 36 {
				t.Errorf("the advertising id %q has not the length of one", m)
			}
		}
		byCountry[p.Country]++
	}
	if us := byCountry["US"]; us < 3500 || us > 4200 || byCountry["CA"] == 0 || byCountry["GB"] == 0 || len(byCountry) != 3 {
		t.Errorf("seed %d: got people of %v", seed, byCountry)
	}
}

func TestReadersLikeTheShop(t *testing.T) {
	s := newShop(8000)
	list := demo.Readers(s, 2000)
	seen, fans := map[*demo.Person]bool{}, 0
	for _, p := range list {
		seen[p] = true
		if slices.Contains(p.Topics(), 0) {
			fans++
		}
	}
	if len(seen) != 2000 {
		t.Errorf("got %d different persons, want 2000", len(seen))
	}
	if fans < 700 { // of everybody, a fifth likes insects
		t.Errorf("seed %d: %d of 2000 readers like insects", seed, fans)
	}
	if more := demo.Readers(s, 3000); !slices.Equal(more[:2000], list) {
		t.Error("a longer list does not begin with the shorter one")
	}
	hashed := 0
	for _, r := range demo.Records(list) {
		if !strings.Contains(r, "@") {
			hashed++
		}
	}
	if hashed != 1000 {
		t.Errorf("%d of 2000 records are digests, want every other one", hashed)
	}
}

func TestEvents(t *testing.T) {
	names, sources, ids, orders := map[string]int{}, map[string]int{}, map[string]bool{}, map[string]bool{}
	express := 0
	check := func(e client.Event) {
		names[e.EventName]++
		sources[e.ActionSource]++
		if ids[e.EventID] {
			t.Errorf("two events are %s", e.EventID)
		}
		ids[e.EventID] = true
		if age := now.Unix() - e.EventTime; age < 0 || age > 90*24*60*60 {
			t.Errorf("an event is %d s old", age)
		}
		if len(e.UserData.Emails) == 0 && len(e.UserData.MAIDs) == 0 {
			t.Errorf("nobody did event %+v", e)
		}
		if !strings.HasPrefix(e.EventSourceURL, "https://www.entomi.com/") {
			t.Errorf("an event is on %s", e.EventSourceURL)
		}
		if e.EventName == "checkout" && strings.Contains(e.EventSourceURL, "shipping=express") {
			express++
		}
	}
	s := newShop(5000)
	for e := range demo.APIEvents(s, 20000) {
		check(e)
		if e.EventName == "checkout" {
			d := e.CustomData
			if d.OrderID == "" || orders[d.OrderID] || d.Value == "" || d.Currency == "" || len(d.Contents) == 0 {
				t.Errorf("a checkout has the data %+v", d)
			}
			orders[d.OrderID] = true
		}
	}
	for e := range demo.TagEvents(s, 10000, "77") {
		check(e.Event)
		if e.ConversionTagID != "77" || e.AdAccountID == "" || e.CustomData != nil {
			t.Errorf("the tag saw %+v", e)
		}
		if e.EventName == "checkout" {
			id, _ := e.EventData["order_id"].(string)
			if id == "" || orders[id] || e.EventData["line_items"] == nil || e.EventData["value"] == "0.00" {
				t.Errorf("a checkout has the data %+v", e.EventData)
			}
			orders[id] = true
		}
	}
	t.Logf("seed %d: %v, %v, %d express", seed, names, sources, express)
	funnel := []string{"page_visit", "view_category", "add_to_cart", "checkout"}
	for i, name := range funnel {
		if names[name] == 0 || i > 0 && names[name] >= names[funnel[i-1]] {
			t.Errorf("seed %d: no funnel: %v", seed, names)
		}
	}
	for _, source := range []string{"web", "app_ios", "app_android"} {
		if sources[source] < 1000 {
			t.Errorf("seed %d: the sources are %v", seed, sources)
		}
	}
	if express < 200 {
		t.Errorf("seed %d: %d orders go by express", seed, express)
	}
}

func TestEngagements(t *testing.T) {
	var own, ads, saves int
	pins := map[string]int{}
	for e := range demo.Engagements(newShop(5000), 20000) {
		pins[e.PinID]++
		if strings.Trim(e.PinID, "0123456789") != "" || len(e.PinID) > 18 {
			t.Errorf("%q is no id", e.PinID)
		}
		switch e.AdAccountID {
		case "549755885175":
			own++
			if e.Domain != "www.entomi.com" {
				t.Errorf("the shop's pin has the domain %s", e.Domain)
			}
			if e.EngagementType == "save" {
				saves++
			}
		case "":
			if e.Domain == "www.entomi.com" || e.CampaignID != "" {
				t.Errorf("content of nobody is %+v", e)
			}
		default:
			t.Errorf("content of %s", e.AdAccountID)
		}
		if e.CampaignID != "" {
			ads++
			if e.AdID == "" || e.ObjectiveType == "" {
				t.Errorf("half an ad: %+v", e)
			}
		}
	}
	t.Logf("seed %d: %d own, %d saves of them, %d ads, %d pins", seed, own, saves, ads, len(pins))
	if own < 3000 || own > 8000 || ads < 500 || saves < 500 || len(pins) < 300 {
		t.Errorf("seed %d: %d own, %d saves of them, %d ads, %d pins", seed, own, saves, ads, len(pins))
	}
}

// An engagement tells little by itself; together they tell who likes the same things.
func TestTastesShow(t *testing.T) {
	s := newShop(2000)
	tastes := map[string][]int{}
	for _, p := range demo.Readers(s, 2000) {
		tastes[p.Name()] = p.Topics()
	}
	match, organic := 0, 0
	for e := range demo.Engagements(s, 20000) {
		if e.AdAccountID != "" {
			continue
		}
		organic++
		topic := int(e.PinID[5] - '0') // 9035, then ten and the topic
		if slices.Contains(tastes[e.Person.ExternalID], topic) {
			match++
		}
	}
	if match < organic*3/4 {
		t.Errorf("seed %d: %d of %d organic engagements are of what the person likes", seed, match, organic)
	}
}
