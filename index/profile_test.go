package index_test

import (
	"encoding/json"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/memindex"
)

// What else is said of a person is kept under its name; what is said again replaces it, and says nothing about the country.
func TestWhatIsSaidOfAPersonIsKept(t *testing.T) {
	store := memindex.New()
	ix, err := index.New(t.Context(), store, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	who := []parterre.Identifier{parterre.ByExternalID("ann")}
	say := func(country string, more map[string]json.RawMessage) {
		t.Helper()
		if err := ix.Import(t.Context(), []parterre.Person{{Who: who, Country: country, More: more}}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(text string) {
		t.Helper()
		bodies, err := store.People(t.Context(), []parterre.PersonID{1})
		if err != nil || string(bodies[0]) != text {
			t.Errorf("what is known is %s, %v; want %s", bodies[0], err, text)
		}
	}
	say("US", map[string]json.RawMessage{"age": json.RawMessage(`34`), "interests": json.RawMessage(`["moths"]`)})
	want(`{"country":"US","revision":1,"more":{"age":34,"interests":["moths"]}}`)
	say("", map[string]json.RawMessage{"age": json.RawMessage(`35`)})
	want(`{"country":"US","revision":1,"more":{"age":35,"interests":["moths"]}}`)
	say("CA", nil)
	want(`{"country":"CA","revision":2,"more":{"age":35,"interests":["moths"]}}`)
	in, err := ix.Members(t.Context(), index.OfCountry("CA"), 0)
	if err != nil || !in.Contains(1) {
		t.Errorf("ann is not in CA: %v", err)
	}
}
