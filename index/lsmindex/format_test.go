package lsmindex_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// formatOne is what a store holds after everyTable, key and value, as docs/format/index.md describes it. It never changes:
// stores that were written so must stay readable.
const formatOne = `
01 = 00000001c4c80cba
0201 = 00000005db5f967d
0202 = 000000062facc66e
100175 = 00000005db5f967d
1100000005 = 706572736f6e6d130dd4
12000000000000000700000000000000000000000000000000 = 000000062facc66e
13000000000000000700000006 = 6661636574f18d93ff
20010000000000000007000000000001 = 01020001010a04a09bebb96b
`

func TestRowsAreAsTheFormatSays(t *testing.T) {
	x := open(t, vfs.NewMem(), "index", small)
	defer closeIndex(t, x)
	apply(t, x, everyTable())
	it, err := x.Tree().NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	for ok := it.First(); ok; ok = it.Next() {
		fmt.Fprintf(&rows, "%x = %x\n", it.Key(), it.Value())
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := rows.String(), strings.TrimPrefix(formatOne, "\n"); got != want {
		t.Errorf("rows are\n%s\nwant\n%s", got, want)
	}
}
