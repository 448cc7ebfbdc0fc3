package actalike

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// The items of a model come first, then the others, the most popular first, whatever the order in which they are read.
func TestAPopulationHasTheItemsOfEachPerson(t *testing.T) {
	const persons = 70_000 // more than a container of a bitmap holds
	known := []string{"item 7", "gone", "item 3"}
	r := rand.New(rand.NewPCG(1, 2))
	items := map[string]*roaring.Bitmap{"nobody": roaring.New()}
	want := map[uint32][]string{}
	for i := range 20 {
		name, who := fmt.Sprint("item ", i), roaring.BitmapOf(persons+1, persons+5) // who came meanwhile
		for range 1 + r.IntN(3000) {
			if person := 1 + r.Uint32N(persons); who.CheckedAdd(person) {
				want[person] = append(want[person], name)
			}
		}
		items[name] = who
	}
	p, err := NewPopulation(persons, known, func(yield func(string, *roaring.Bitmap) error) error {
		for name, who := range items {
			if err := yield(name, who); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.Persons() != persons || len(p.names) != len(items)+1 || !slices.Equal(p.names[:3], known) {
		t.Errorf("there are %d persons and the items %v", p.Persons(), p.names)
	}
	if !slices.IsSortedFunc(p.degrees[3:], func(a, b uint32) int { return int(b) - int(a) }) {
		t.Errorf("the degrees are %v", p.degrees)
	}
	for person := uint32(1); person <= persons; person++ {
		var got []string
		for _, item := range p.row(person) {
			got = append(got, p.names[item])
		}
		slices.Sort(got)
		slices.Sort(want[person])
		if !slices.Equal(got, want[person]) {
			t.Fatalf("person %d engaged with %q, want %q", person, got, want[person])
		}
	}
	for i, name := range p.names {
		n := 0
		if who := items[name]; who != nil {
			who.RemoveRange(persons+1, persons+9)
			n = int(who.GetCardinality())
		}
		if int(p.degrees[i]) != n {
			t.Errorf("%d persons engaged with %q, want %d", p.degrees[i], name, n)
		}
	}
}
