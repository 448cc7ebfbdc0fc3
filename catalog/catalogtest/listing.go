package catalogtest

import (
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var listLaws = []law{
	{"rows are listed by owner, in ascending order", 0, on(listAscending)},
	{"rows are listed by owner, in descending order", 0, on(listDescending)},
	{"a listing ends at its limit and begins after its row", 0, on(listPages)},
	{"a listing can begin after a row that is gone, or was never there", 0, on(listAfterGone)},
	{"pages neither repeat nor miss a row when others come and go between them", 0, on(listBetweenPages)},
}

// filled has the rows 10, 20, … 90 of owner 1, those that end in 5 of owner 2, and 7 of nobody.
func filled(t *testing.T, d driver.Driver) {
	t.Helper()
	for _, id := range []parterre.ID{50, 30, 90, 10, 70, 20, 80, 40, 60} { // not in order
		put(t, d, driver.CustomerLists, row(id, 1, ""), row(id+5, 2, id.String()))
	}
	put(t, d, driver.CustomerLists, row(7, 0, ""))
	put(t, d, driver.ConversionTags, row(33, 1, ""))
}

func listAscending(t *testing.T, d driver.Driver) {
	filled(t, d)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, Limit: 100}, 10, 20, 30, 40, 50, 60, 70, 80, 90)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 2, Limit: 100}, 15, 25, 35, 45, 55, 65, 75, 85, 95)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 0, Limit: 100}, 7)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 3, Limit: 100})
	got := list(t, d, driver.CustomerLists, driver.Range{Owner: 2, Limit: 2})
	if want := row(25, 2, "20"); len(got) != 2 || !same(got[1], want) {
		t.Errorf("the listed rows are %v, want the second to be %s", got, show(want))
	}
}

func listDescending(t *testing.T, d driver.Driver) {
	filled(t, d)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, Descending: true, Limit: 100},
		90, 80, 70, 60, 50, 40, 30, 20, 10)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 3, Descending: true, Limit: 100})
}

func listPages(t *testing.T, d driver.Driver) {
	filled(t, d)
	r := driver.Range{Owner: 1, Limit: 4}
	wantList(t, d, driver.CustomerLists, r, 10, 20, 30, 40)
	r.After = 40
	wantList(t, d, driver.CustomerLists, r, 50, 60, 70, 80)
	r.After = 80
	wantList(t, d, driver.CustomerLists, r, 90)
	r.After = 90
	wantList(t, d, driver.CustomerLists, r)
	r.Descending = true
	wantList(t, d, driver.CustomerLists, r, 80, 70, 60, 50)
	r.After = 50
	wantList(t, d, driver.CustomerLists, r, 40, 30, 20, 10)
	r.After = 10
	wantList(t, d, driver.CustomerLists, r)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, Limit: 9}, 10, 20, 30, 40, 50, 60, 70, 80, 90)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, Limit: 1}, 10)
}

func listAfterGone(t *testing.T, d driver.Driver) {
	filled(t, d)
	remove(t, d, driver.CustomerLists, 40)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, After: 40, Limit: 2}, 50, 60)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, After: 40, Limit: 2, Descending: true}, 30, 20)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, After: 55, Limit: 2}, 60, 70) // another owner's
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, After: 1, Limit: 2}, 10, 20)
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, After: 1, Limit: 2, Descending: true})
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, After: 1000, Limit: 2})
	wantList(t, d, driver.CustomerLists, driver.Range{Owner: 1, After: 1000, Limit: 2, Descending: true}, 90, 80)
}

func listBetweenPages(t *testing.T, d driver.Driver) {
	for _, descending := range []bool{false, true} {
		filled(t, d)
		var seen []parterre.ID
		for r := (driver.Range{Owner: 1, Descending: descending, Limit: 2}); ; {
			page := idsOf(list(t, d, driver.CustomerLists, r))
			if len(page) == 0 {
				break
			}
			seen = append(seen, page...)
			r.After = page[len(page)-1]
			// A row before the place where the next page begins goes, one comes there, and the last one read is written
			// again. None of it concerns the next page.
			remove(t, d, driver.CustomerLists, page[0])
			behind := page[0] - 1
			if descending {
				behind = page[0] + 1
			}
			put(t, d, driver.CustomerLists, row(behind, 1, ""), row(behind+1000*parterre.ID(r.Limit), 3, ""))
			if len(page) == 2 {
				put(t, d, driver.CustomerLists, row(page[1], 1, ""))
			}
		}
		want := []parterre.ID{10, 20, 30, 40, 50, 60, 70, 80, 90}
		for i, id := range seen {
			if descending {
				id = seen[len(seen)-1-i]
			}
			if len(seen) != len(want) || id != want[i] {
				t.Fatalf("the pages (descending: %t) gave %v, want each of %v once", descending, seen, want)
			}
		}
		wipe(t, d)
	}
}

// wipe empties the table that filled fills.
func wipe(t *testing.T, d driver.Driver) {
	t.Helper()
	for owner := range parterre.ID(4) {
		remove(t, d, driver.CustomerLists, idsOf(list(t, d, driver.CustomerLists, driver.Range{Owner: owner, Limit: 1000}))...)
	}
}
