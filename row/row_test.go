package row_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/row"
)

// has is the meaning of a match.
func has(want, got parterre.EventData) bool {
	all := func(want, got []parterre.Datum) bool {
		for _, d := range want {
			if !slices.Contains(got, d) {
				return false
			}
		}
		return true
	}
	for _, item := range want.Items {
		if !slices.ContainsFunc(got.Items, func(g []parterre.Datum) bool { return all(item, g) }) {
			return false
		}
	}
	return all(want.Fields, got.Fields)
}

func someData(t *rapid.T, label string) []parterre.Datum {
	var data []parterre.Datum
	for _, name := range []string{"a", "b", ""} {
		if rapid.Bool().Draw(t, label+" has "+name) {
			data = append(data, parterre.Datum{Name: name, Value: strconv.Itoa(rapid.IntRange(0, 3).Draw(t, label+" "+name))})
		}
	}
	return parterre.SortData(data)
}

func someEventData(t *rapid.T, label string) (data parterre.EventData) {
	data.Fields = someData(t, label)
	for range rapid.IntRange(0, 3).Draw(t, label+" items") {
		data.Items = append(data.Items, someData(t, label+" item"))
	}
	return data
}

func TestABlockFindsTheRowsThatHaveTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []row.Row
		for range rapid.IntRange(0, 20).Draw(t, "rows") {
			rows = append(rows, row.Row{
				Person: parterre.PersonID(rapid.Uint32().Draw(t, "person")), Stamp: parterre.Stamp(rapid.Uint32().Draw(t, "stamp")),
				Page: rapid.Uint32().Draw(t, "page"), Data: someEventData(t, "row"),
			})
		}
		stored := row.Append([]byte("before"), rows)[len("before"):]
		k, err := row.Parse(stored)
		if err != nil || k.Len() != len(rows) {
			t.Fatalf("%d rows come back as %d: %v", len(rows), k.Len(), err)
		}
		for i, r := range rows {
			if k.Person(i) != r.Person || k.Stamp(i) != r.Stamp || k.Page(i) != r.Page {
				t.Errorf("row %d comes back as %d at %d on %d", i, k.Person(i), k.Stamp(i), k.Page(i))
			}
		}
		wanted := someEventData(t, "want")
		var got, want []int
		if err := k.Match(wanted, func(i int) { got = append(got, i) }); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			if has(wanted, r.Data) {
				want = append(want, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the rows %v have %v, want %v", got, wanted, want)
		}
	})
}

func TestManyDistinctValuesAreTold(t *testing.T) {
	for _, n := range []int{1, 255, 256, 65_535, 65_536} {
		rows := make([]row.Row, n)
		for i := range rows {
			rows[i].Data.Fields = []parterre.Datum{{Name: "order_id", Value: fmt.Sprint("o", i)}}
		}
		k, err := row.Parse(row.Append(nil, rows))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, n / 2, n - 1} {
			var got []int
			if err := k.Match(rows[at].Data, func(i int) { got = append(got, i) }); err != nil || !slices.Equal(got, []int{at}) {
				t.Errorf("of %d rows, %v have the order id of row %d: %v", n, got, at, err)
			}
		}
	}
}

func TestADamagedBlockIsRefused(t *testing.T) {
	stored := row.Append(nil, []row.Row{{Person: 1, Stamp: 2, Page: 3, Data: parterre.EventData{
		Fields: []parterre.Datum{{Name: "a", Value: "b"}}, Items: [][]parterre.Datum{{{Name: "c", Value: "d"}}},
	}}})
	for i := range stored {
		damaged := slices.Clone(stored)
		damaged[i] ^= 0x10
		if _, err := row.Parse(damaged); !errors.Is(err, row.ErrCorrupt) {
			t.Errorf("with byte %d changed: %v", i, err)
		}
		if _, err := row.Parse(stored[:i]); !errors.Is(err, row.ErrCorrupt) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
}
