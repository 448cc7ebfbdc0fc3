package row_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/row"
)

func someData(t *rapid.T, label string) []parterre.Datum {
	var data []parterre.Datum
	for _, name := range []string{"a", "b", ""} {
		if !rapid.Bool().Draw(t, label+" has "+name) {
			continue
		}
		value := strconv.Itoa(rapid.IntRange(0, 3).Draw(t, label+" "+name))
		if name == "b" { // long, and with a long common part
			value = strings.Repeat("b", rapid.SampledFrom([]int{0, 14, 15, 16, 40}).Draw(t, label+" length")) + value
		}
		data = append(data, parterre.Datum{Name: name, Value: value})
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

func someRows(t *rapid.T, label string) (rows []row.Row) {
	for range rapid.SampledFrom([]int{0, 1, 2, 20, 127, 128, 129, 300}).Draw(t, label) {
		rows = append(rows, row.Row{
			Person: parterre.PersonID(rapid.Uint32().Draw(t, "person")), Stamp: parterre.Stamp(rapid.Uint32().Draw(t, "stamp")),
			Page: rapid.Uint32().Draw(t, "page"), Data: someEventData(t, "row"),
		})
	}
	return rows
}

// found are the rows that a block finds, without their data.
func found(b *row.Block, want *parterre.EventData) (rows []row.Row, err error) {
	stored, err := row.ParseHead(b.Append([]byte("before"))[len("before"):])
	if err != nil {
		return nil, err
	}
	err = stored.Find(want, b.Body, func(p parterre.PersonID, s parterre.Stamp, page uint32) {
		rows = append(rows, row.Row{Person: p, Stamp: s, Page: page})
	})
	return rows, err
}

// having are the rows that have data, without it.
func having(rows []row.Row, want *parterre.EventData) (some []row.Row) {
	for _, r := range rows {
		if row.Has(want, &r.Data) {
			some = append(some, row.Row{Person: r.Person, Stamp: r.Stamp, Page: r.Page})
		}
	}
	return some
}

func sameRows(a, b []row.Row) bool {
	return slices.EqualFunc(a, b, func(a, b row.Row) bool { return a.Person == b.Person && a.Stamp == b.Stamp && a.Page == b.Page })
}

func TestABlockFindsTheRowsThatHaveTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := someRows(t, "rows")
		b := row.Of(rows)
		for i := range 3 {
			want := someEventData(t, fmt.Sprint("want ", i))
			got, err := found(b, &want)
			if err != nil {
				t.Fatal(err)
			}
			if having := having(rows, &want); !sameRows(got, having) {
				t.Errorf("%v have %v, want %v", got, want, having)
			}
		}
	})
}

func TestMergedBlocksFindTheRowsOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var blocks []*row.Block
		var all []row.Row
		for i := range rapid.IntRange(1, 4).Draw(t, "blocks") {
			rows := someRows(t, fmt.Sprint("rows ", i))
			all = append(all, rows...)
			blocks = append(blocks, row.Of(rows))
		}
		merged, err := row.Merge(blocks)
		if err != nil {
			t.Fatal(err)
		}
		if whole := row.Of(all); !slices.EqualFunc(whole.Bodies, merged.Bodies, slices.Equal) ||
			!slices.Equal(whole.Append(nil), merged.Append(nil)) {
			t.Error("a block of all rows has another form than the merged ones")
		}
		want := someEventData(t, "want")
		if got, err := found(merged, &want); err != nil || !sameRows(got, having(all, &want)) {
			t.Errorf("%v have %v, want %v: %v", got, want, having(all, &want), err)
		}
	})
}

func TestOnlyThePiecesThatARuleNamesAreRead(t *testing.T) {
	b := row.Of([]row.Row{{Person: 7, Data: parterre.EventData{
		Fields: []parterre.Datum{{Name: "order_id", Value: "1"}}, Items: [][]parterre.Datum{{{Name: "id", Value: "p"}}},
	}}})
	for value, want := range map[string][]row.Piece{
		"p": {{Level: row.Item, Name: "id"}, {Level: row.Who}},
		"q": {{Level: row.Item, Name: "id"}},
	} {
		var read []row.Piece
		err := b.Find(&parterre.EventData{Items: [][]parterre.Datum{{{Name: "id", Value: value}}}},
			func(p row.Piece) ([]byte, error) {
				read = append(read, p)
				return b.Body(p)
			}, func(parterre.PersonID, parterre.Stamp, uint32) {})
		if err != nil || !slices.Equal(read, want) {
			t.Errorf("for %s the pieces %v were read, want %v: %v", value, read, want, err)
		}
	}
}

func TestManyDistinctValuesAreTold(t *testing.T) {
	for _, n := range []int{1, 255, 256, 65_535, 65_536} {
		rows := make([]row.Row, n)
		for i := range rows {
			rows[i].Person = parterre.PersonID(i)
			rows[i].Data.Fields = []parterre.Datum{{Name: "order_id", Value: fmt.Sprint("o", i)}}
		}
		b := row.Of(rows)
		for _, at := range []int{0, n / 2, n - 1} {
			if got, err := found(b, &rows[at].Data); err != nil || !sameRows(got, rows[at:at+1]) {
				t.Errorf("of %d rows, %v have the order id of row %d: %v", n, got, at, err)
			}
		}
		for _, value := range []string{"", "n", "o", "o00", "p"} {
			want := parterre.EventData{Fields: []parterre.Datum{{Name: "order_id", Value: value}}}
			if got, err := found(b, &want); err != nil || len(got) > 0 {
				t.Errorf("of %d rows, %v have the order id %q: %v", n, got, value, err)
			}
		}
	}
}

func TestADamagedPieceIsRefused(t *testing.T) {
	data := parterre.EventData{Fields: []parterre.Datum{{Name: "a", Value: "b"}}, Items: [][]parterre.Datum{{{Name: "c", Value: "d"}}, nil}}
	want := parterre.EventData{Fields: data.Fields, Items: data.Items}
	b := row.Of([]row.Row{{Person: 1, Stamp: 2, Page: 3, Data: data}, {Person: 4, Stamp: 5, Page: 6, Data: data}})
	eachDamage(b.Append(nil), func(what string, damaged []byte) {
		if _, err := row.ParseHead(damaged); !errors.Is(err, row.ErrCorrupt) {
			t.Errorf("head, %s: %v", what, err)
		}
	})
	for i, p := range b.Pieces {
		sound := b.Bodies[i]
		eachDamage(sound, func(what string, damaged []byte) {
			b.Bodies[i] = damaged
			if got, err := found(b, &want); !errors.Is(err, row.ErrCorrupt) {
				t.Errorf("piece %v, %s: %v, %v", p, what, got, err)
			}
			if _, err := row.Merge([]*row.Block{b}); !errors.Is(err, row.ErrCorrupt) {
				t.Errorf("piece %v, %s, merged: %v", p, what, err)
			}
		})
		b.Bodies[i] = sound
	}
}

func eachDamage(sound []byte, do func(what string, damaged []byte)) {
	for i := range sound {
		damaged := slices.Clone(sound)
		damaged[i] ^= 0x10
		do(fmt.Sprintf("byte %d changed", i), damaged)
		do(fmt.Sprintf("cut to %d bytes", i), sound[:i])
	}
}
