package index_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/memindex"
)

func TestInterestsAndTopicsAreGivenByName(t *testing.T) {
	ix, err := index.New(t.Context(), memindex.New(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	said := []parterre.Person{
		{Attributes: parterre.Attributes{parterre.Interest: {"moths", "tea"}}},
		{More: map[string]json.RawMessage{"topics": json.RawMessage(`["tea"]`)}},
		{More: map[string]json.RawMessage{"topics": json.RawMessage(`{"tea":1}`)}},
		{Country: "US"},
	}
	for i := range said {
		said[i].Who = []parterre.Identifier{parterre.ByExternalID(strconv.Itoa(i))}
	}
	if err := ix.Import(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	interests, err := ix.Interests(t.Context())
	for _, i := range interests {
		fmt.Fprint(&got, i.Name, i.Persons.ToArray(), " ")
	}
	if want := "moths[1] tea[1 2] "; err != nil || got.String() != want {
		t.Errorf("the interests are %q, %v; want %q", got.String(), err, want)
	}
}
