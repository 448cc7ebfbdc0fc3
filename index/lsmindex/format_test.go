package lsmindex_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/row"
)

// formatSix is what a store holds after everyTable and moving, key and value, as docs/format/index.md describes it; after the
// first line, what is there in place of the log when it was written out, and after the second one some of what was folded. It never changes: stores that were written so must stay
// readable.
const formatSix = `
01 = 000000062facc66e
0201 = 00000005db5f967d
0202 = 000000062facc66e
0204 = 0000000333b8375b
100175 = 00000005db5f967d
1100000005 = 706572736f6e6d130dd4
12000000000000000700000000000000000000000000000000 = 000000062facc66e
13000000000000000700000006 = 6661636574f18d93ff
14000000000000000700000000000000000000000000000000 = 0000000333b8375b
15000000000000000700000003 = 2fabe1d32c
1600000006 = 000000000000000761d6e258
20010000000000000007000000000001 = 01020001010a04a09bebb96b
300000000000000001 = 0102090202020a01858004ac02820a02020306858004ac02030605ab02010605ab02030101610162010101630164d9b62cb1
---
01 = 000000062facc66e
0201 = 00000005db5f967d
0202 = 000000062facc66e
0204 = 0000000333b8375b
0205 = 00000000c74b6748
100175 = 00000005db5f967d
1100000005 = 706572736f6e6d130dd4
12000000000000000700000000000000000000000000000000 = 000000062facc66e
13000000000000000700000006 = 6661636574f18d93ff
14000000000000000700000000000000000000000000000000 = 0000000333b8375b
15000000000000000700000003 = 2fabe1d32c
1600000006 = 000000000000000761d6e258
20010000000000000006000000000000 = 010105ab0268873957
20010000000000000006000000000001 = 010105ac022d4e542d
20010000000000000007000000000001 = 01020001010a04a09bebb96b
20020001000000000000000a00000001 = 010105ac022d4e542d
20020001000000000000000a00000002 = 010105ac022d4e542d
2109000000030000000600000000 = 020205100000faffab020102a488bf1f
2200000000 = 0101ab020103020020000000000000000000000000000000000000000000000000000000000000001e00000000008bf6d622
2200000100 = 0101ac020103020020000000000000000000000000000000000000000000000000000000000000001e0000000000c77c8d06
31000000060000000001 = 0201000500ab020003003c0401016102016303000400e30a7b5c
310000000601016100000001 = 1062011b4874450700000001000000361d34ab
310000000602016300000001 = 1064012919bb2c0700000001000000361d34ab
3100000006030000000001 = 0001d1f40a030600000001000000116008e2
3100000006040000000001 = 00000000
---
20010000000000000006000000000000 = fd010105ab0268873957
2109000000030000000600000000 = fd020205100000faffab020102a488bf1f
2200000000 = fd0101ab020103020020000000000000000000000000000000000000000000000000000000000000001e00000000008bf6d622
`

// moving leaves an entry in the log.
func moving() *driver.Writes {
	return &driver.Writes{
		Tops:  driver.Tops{Page: 3},
		Pages: []driver.Page{{Key: driver.PageKey{Account: 7}, ID: 3, URL: "/"}},
		Drops: []driver.RollID{{Kind: driver.AudienceRoll, A: 9, B: 2}},
		Moves: []driver.Move{
			{Roll: driver.RollID{Kind: driver.AudienceRoll, A: 10, B: 1}, Person: 65_541, Stamp: 300},
			{Roll: driver.RollID{Kind: driver.AudienceRoll, A: 10, B: 2}, Person: 65_541, Stamp: 300},
		},
		Acts: []driver.Act{
			{Page: 3, Facet: 6, Person: 65_541, Stamp: 300},
			{Page: 3, Facet: 6, Person: 5, Stamp: 299},
		},
		Rows: []driver.Row{{Facet: 6, Row: row.Row{Person: 5, Stamp: 299, Page: 3, Data: parterre.EventData{
			Fields: []parterre.Datum{{Name: "a", Value: "b"}}, Items: [][]parterre.Datum{{{Name: "c", Value: "d"}}},
		}}}},
	}
}

func TestRowsAreAsTheFormatSays(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", small)
	defer closeIndex(t, x)
	apply(t, x, everyTable())
	apply(t, x, moving())
	var rows strings.Builder
	dump(t, x, &rows)
	if err := x.WriteOut(); err != nil {
		t.Fatal(err)
	}
	rows.WriteString("---\n")
	dump(t, x, &rows)
	if err := x.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows.WriteString("---\n")
	for _, key := range [][]byte{
		lsmindex.RollKey(driver.RollID{Kind: driver.FacetRoll, A: 6}, 0), lsmindex.WideKey(driver.OnPage(3, 6)), lsmindex.HistoryKey(0),
	} {
		fmt.Fprintf(&rows, "%x = %x\n", key, stored(t, x, key))
	}
	if got, want := rows.String(), strings.TrimPrefix(formatSix, "\n"); got != want {
		t.Errorf("rows are\n%s\nwant\n%s", got, want)
	}
}

// dump writes every key and value.
func dump(t *testing.T, x *lsmindex.Index, rows *strings.Builder) {
	t.Helper()
	it, err := x.Tree().NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		fmt.Fprintf(rows, "%x = %x\n", it.Key(), it.Value())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
}
