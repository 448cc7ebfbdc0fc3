package index

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// someFacets use every field, and every field alone.
func someFacets() []parterre.Facet {
	data := parterre.EventData{
		Fields: []parterre.Datum{{Name: "currency", Value: "USD"}, {Name: "order_id", Value: ""}},
		Items:  [][]parterre.Datum{{{Name: "product_id", Value: "11"}}, nil, {{Name: "product_id", Value: "12"}, {Name: "x", Value: "é\x00"}}},
	}
	return []parterre.Facet{
		{},
		{Kind: parterre.Conversion, Account: 549755885175, URL: "https://www.entomi.com/", Tag: 2612511566392, Name: "page_visit"},
		{Kind: parterre.Conversion, Source: parterre.Web, Ingestion: parterre.FromTag, Data: data},
		{
			Kind: parterre.Engagement, Account: 1, Type: parterre.Save, Pin: 999999999999999999, Ad: 1, Campaign: 127,
			Objective: "AWARENESS", Domain: "www.entomi.com",
		},
		{Kind: parterre.Engagement, Pin: 128},
		{Kind: parterre.Engagement, Ad: 128},
		{Kind: parterre.Engagement, Campaign: 128},
		{Kind: parterre.Engagement, URL: "a", Domain: ""},
		{Kind: parterre.Engagement, URL: "", Domain: "a"},
	}
}

func TestAFacetIsReadAsItWasWritten(t *testing.T) {
	bodies := map[string]int{}
	for i, want := range someFacets() {
		body := encodeFacet([]byte("before"), &want)[len("before"):]
		got, err := decodeFacet(body)
		if err != nil {
			t.Fatalf("facet %d: %v", i, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("facet %d (-want +got):\n%s", i, diff)
		}
		if other, taken := bodies[string(body)]; taken {
			t.Errorf("the facets %d and %d have the same body", i, other)
		}
		bodies[string(body)] = i
		for n := range len(body) {
			if _, err := decodeFacet(body[:n]); !errors.Is(err, driver.ErrCorrupt) {
				t.Errorf("facet %d, cut to %d bytes: %v", i, n, err)
			}
		}
		if _, err := decodeFacet(append(bytes.Clone(body), 0)); !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("facet %d, with a byte more: %v", i, err)
		}
		if _, err := decodeFacet(append([]byte{facetFormat + 1}, body[1:]...)); !errors.Is(err, driver.ErrCorrupt) {
			t.Errorf("facet %d, of another format: %v", i, err)
		}
	}
}

// What is read is either refused as corrupt, or is just what would be written.
func FuzzDecodeFacet(f *testing.F) {
	for _, facet := range someFacets() {
		f.Add(encodeFacet(nil, &facet))
	}
	f.Add([]byte{facetFormat, 1, 0x80, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // a number that is longer than it must be
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		facet, err := decodeFacet(body)
		if !bytes.Equal(body, before) {
			t.Error("reading changed the body")
		}
		if err != nil {
			if !errors.Is(err, driver.ErrCorrupt) {
				t.Errorf("the error is %v", err)
			}
			return
		}
		if again := encodeFacet(nil, &facet); !bytes.Equal(again, body) {
			t.Errorf("read:    %x\nwritten: %x\n%s", body, again, fmt.Sprint(facet))
		}
	})
}
