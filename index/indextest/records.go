package indextest

import (
	"context"
	"errors"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

var identifierLaws = []law{
	{"an identifier that was never bound is nobody's", "", func(s *store) {
		s.want("persons", s.persons(parterre.ByExternalID("u1"), parterre.ByClickID("")), []parterre.PersonID{0, 0})
		s.want("persons of no identifiers", len(s.persons()), 0)
	}},
	{"identifiers are found in the order asked, with repetitions", "", func(s *store) {
		a, b, c := parterre.ByExternalID("a"), parterre.ByExternalID("b"), parterre.ByExternalID("c")
		s.bind(driver.Binding{Identifier: c, Person: 3}, driver.Binding{Identifier: a, Person: 1})
		s.want("persons", s.persons(c, b, a, c, b, a, a), []parterre.PersonID{3, 0, 1, 3, 0, 1, 1})
	}},
	{"identifiers differ by kind, by case and by every byte", "", differentIdentifiers},
	{"the last binding of an identifier wins", "", func(s *store) {
		id := parterre.ByEmail("somebody@example.com")[0]
		s.bind(driver.Binding{Identifier: id, Person: 1}, driver.Binding{Identifier: id, Person: 2})
		s.want("in one write", s.persons(id), []parterre.PersonID{2})
		s.bind(driver.Binding{Identifier: id, Person: 1<<32 - 1})
		s.want("in two writes", s.persons(id), []parterre.PersonID{1<<32 - 1})
	}},
	{"many identifiers are found at once", "", manyIdentifiers},
}

func differentIdentifiers(s *store) {
	values := []string{
		"", "\x00", "\x00\x00", "\xff", "\xff\xff", "a", "A", "aa", "a\x00", "ab", "ä", "A\u0308",
		strings.Repeat("x", 5000), strings.Repeat("x", 4999), strings.Repeat("x", 4999) + "y", "\x10\x01", "/", "a/b",
	}
	kinds := []parterre.IdentifierKind{
		parterre.ExternalID, parterre.Digest, parterre.ClickID, parterre.AdvertiserID, parterre.Agent, 255,
	}
	var ids []parterre.Identifier
	var bindings []driver.Binding
	var want []parterre.PersonID
	for _, kind := range kinds {
		for _, value := range values {
			ids = append(ids, parterre.Identifier{Kind: kind, Value: value})
			want = append(want, parterre.PersonID(len(ids)))
			bindings = append(bindings, driver.Binding{Identifier: ids[len(ids)-1], Person: want[len(want)-1]})
		}
	}
	// Of every other one it is said first that it is nobody's.
	for i, id := range ids {
		if i%2 == 0 {
			s.bind(bindings[i])
		} else {
			s.want("before it was bound", s.persons(id), []parterre.PersonID{0})
		}
	}
	s.bind(bindings...)
	s.want("persons", s.persons(ids...), want)
	for i, id := range ids {
		s.want("one person", s.persons(id), want[i:i+1])
	}
}

func manyIdentifiers(s *store) {
	const n = 3000
	var bindings []driver.Binding
	ids := make([]parterre.Identifier, n)
	want := make([]parterre.PersonID, n)
	for i := range ids {
		ids[i] = parterre.ByEmail(strings.Repeat("e", i%7) + string(rune('a'+i%26)) + strings.Repeat("f", i/26))[0]
		if i%3 != 0 {
			want[i] = parterre.PersonID(1 + i)
			bindings = append(bindings, driver.Binding{Identifier: ids[i], Person: want[i]})
		}
	}
	s.bind(bindings...)
	s.want("persons", s.persons(ids...), want)
}

var peopleLaws = []law{
	{"a person of whom nothing is stored has no body", "", func(s *store) {
		s.apply(&driver.Writes{People: []driver.Person{{ID: 7, Body: []byte("seven")}}})
		s.want("people", s.people(6, 7, 8), [][]byte{nil, []byte("seven"), nil})
		s.want("no people", len(s.people()), 0)
	}},
	{"people are found in the order asked, with repetitions, whatever their body", "", func(s *store) {
		long := []byte(strings.Repeat("long", 3000))
		s.apply(&driver.Writes{People: []driver.Person{
			{ID: 1<<32 - 1, Body: []byte{0}}, {ID: 65536, Body: []byte{}}, {ID: 65535, Body: nil}, {ID: 1, Body: long},
		}})
		s.want("people", s.people(65536, 1, 1<<32-1, 2, 65535, 1),
			[][]byte{{}, long, {0}, nil, {}, long})
	}},
	{"the last body of a person wins", "", func(s *store) {
		s.apply(&driver.Writes{People: []driver.Person{{ID: 1, Body: []byte("a")}, {ID: 1, Body: []byte("bb")}}})
		s.want("in one write", s.people(1), [][]byte{[]byte("bb")})
		s.apply(&driver.Writes{People: []driver.Person{{ID: 1, Body: []byte("c")}}})
		s.want("in two writes", s.people(1), [][]byte{[]byte("c")})
	}},
}

// facet makes a facet whose key is an ad account and one letter.
func facet(account parterre.ID, digest byte, id driver.FacetID, text string) driver.Facet {
	return driver.Facet{Key: facetKey(account, digest), ID: id, Body: []byte(text)}
}

func facetKey(account parterre.ID, digest byte) driver.FacetKey {
	k := driver.FacetKey{Account: account}
	k.Digest[15] = digest
	return k
}

func pageKey(account parterre.ID, digest byte) driver.PageKey {
	k := driver.PageKey{Account: account}
	k.Digest[15] = digest
	return k
}

const largestID = parterre.ID(999_999_999_999_999_999)

var facetLaws = []law{
	{"a facet is found by its ad account and its digest", "", func(s *store) {
		first := facetKey(7, 'a')
		first.Digest[0] = 1
		s.apply(&driver.Writes{Facets: []driver.Facet{
			facet(7, 'a', 2, "two"), facet(8, 'a', 1, "one"), facet(largestID, 'a', 1<<32-1, "last"),
			{Key: first, ID: 3, Body: []byte("three")},
		}})
		s.want("facets",
			s.facets(facetKey(7, 'b'), facetKey(largestID, 'a'), facetKey(8, 'a'), first, facetKey(7, 'a'),
				facetKey(9, 'a'), facetKey(8, 'a')),
			[]driver.FacetID{0, 1<<32 - 1, 1, 3, 2, 0, 1})
		s.want("no facets", len(s.facets()), 0)
	}},
	{"a scan yields the facets of one ad account, ascending by number", "", func(s *store) {
		s.apply(&driver.Writes{Facets: []driver.Facet{
			facet(0, 'a', 9, "of nobody's content"),
			facet(7, 'c', 300, "300"), facet(7, 'a', 70000, "70000"), facet(7, 'b', 1<<32-1, "last"),
			facet(8, 'a', 5, "of another"), facet(256+7, 'a', 6, "of another"), facet(largestID, 'a', 1, "of the last"),
		}})
		s.apply(&driver.Writes{Facets: []driver.Facet{facet(7, 'd', 2, ""), facet(6, 'a', 1, "of another")}})
		s.want("facets of 7", s.scanFacets(7), []body{{2, ""}, {300, "300"}, {70000, "70000"}, {1<<32 - 1, "last"}})
		s.want("facets of 0", s.scanFacets(0), []body{{9, "of nobody's content"}})
		s.want("facets of the last", s.scanFacets(largestID), []body{{1, "of the last"}})
		s.want("facets of an account without", s.scanFacets(9), []body(nil))
	}},
	{"a facet that goes is found no more, and leaves the others and its roll", "", func(s *store) {
		of := driver.RollID{Kind: driver.FacetRoll, A: 300}
		s.apply(&driver.Writes{Facets: []driver.Facet{
			facet(7, 'a', 300, "300"), facet(7, 'b', 301, "301"), facet(8, 'a', 302, "of another"),
		}, Merges: []driver.Merge{merging(of, 0, 1, 5)}})
		s.apply(&driver.Writes{Going: []driver.Facet{facet(7, 'a', 300, "")}})
		s.want("facets", s.facets(facetKey(7, 'a'), facetKey(7, 'b'), facetKey(8, 'a')), []driver.FacetID{0, 301, 302})
		s.want("facets of 7", s.scanFacets(7), []body{{301, "301"}})
		s.want("facets of 8", s.scanFacets(8), []body{{302, "of another"}})
		s.want("its roll", s.chunk(of, 0), stamps{1: 5})
		s.apply(&driver.Writes{Facets: []driver.Facet{facet(7, 'a', 303, "again")}})
		s.want("facets", s.facets(facetKey(7, 'a')), []driver.FacetID{303})
		s.want("facets of 7", s.scanFacets(7), []body{{301, "301"}, {303, "again"}})
	}},
	{"a facet that goes has gone after a restart", Durable, func(s *store) {
		s.apply(&driver.Writes{Facets: []driver.Facet{facet(7, 'a', 1, "1"), facet(7, 'b', 2, "2")}},
			&driver.Writes{Going: []driver.Facet{facet(7, 'a', 1, "")}})
		s.reopen()
		s.want("facets of 7", s.scanFacets(7), []body{{2, "2"}})
		s.want("facets", s.facets(facetKey(7, 'a')), []driver.FacetID{0})
	}},
	{"the last body of a facet wins", "", func(s *store) {
		s.apply(&driver.Writes{Facets: []driver.Facet{facet(7, 'a', 1, "first")}})
		s.apply(&driver.Writes{Facets: []driver.Facet{facet(7, 'a', 1, "second")}})
		s.want("facets", s.scanFacets(7), []body{{1, "second"}})
	}},
	{"an error of yield ends a scan of facets and comes back", "", func(s *store) {
		s.apply(&driver.Writes{Facets: []driver.Facet{facet(7, 'a', 1, "1"), facet(7, 'b', 2, "2"), facet(7, 'c', 3, "3")}})
		stop, calls := errors.New("stop"), 0
		err := s.Driver.ScanFacets(context.Background(), 7, func(driver.FacetID, []byte) error {
			if calls++; calls == 2 {
				return stop
			}
			return nil
		})
		s.wantError("scan", err, stop)
		s.want("calls", calls, 2)
	}},
	{"a cancelled context ends a scan of facets", "", func(s *store) {
		var w driver.Writes
		for i := range 3000 {
			f := facet(7, 'a', driver.FacetID(i+1), "body")
			f.Key.Digest[0], f.Key.Digest[1] = byte(i), byte(i>>8)
			w.Facets = append(w.Facets, f)
		}
		s.apply(&w)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		calls := 0
		err := s.Driver.ScanFacets(ctx, 7, func(driver.FacetID, []byte) error {
			calls++
			cancel()
			return nil
		})
		s.wantError("scan", err, context.Canceled)
		if calls > 2000 {
			s.Errorf("%d facets came after the context was cancelled", calls-1)
		}
	}},
}
