package actalike_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre/actalike"
)

// taught is a population from which trees can learn, and its model.
func taught(t *testing.T) (*actalike.Population, *actalike.Model) {
	t.Helper()
	p, err := actalike.MakePopulation(2500, 200, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := actalike.Train(t.Context(), p, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, m
}

func everyThird(persons uint32) *roaring.Bitmap {
	b := roaring.New()
	for p := uint32(1); p <= persons; p += 3 {
		b.Add(p)
	}
	return b
}

func TestAModelIsTheSameOnEveryNumberOfProcessors(t *testing.T) {
	p, m := taught(t)
	if m.Method() != actalike.Fused {
		t.Fatalf("the method is %s", m.Method())
	}
	seeds := roaring.BitmapOf(1, 2, 3, 50, 51, 99)
	want := m.Rank(p, seeds, everyThird(2500)).Best(500)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	_, again := taught(t)
	if got := again.Rank(p, seeds, everyThird(2500)).Best(500); !slices.Equal(got, want) {
		t.Error("on one processor the ranking is another")
	}
	var body bytes.Buffer
	if err := m.Write(&body); err != nil {
		t.Fatal(err)
	}
	stored, err := actalike.ReadModel(bytes.NewReader(body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if got := stored.Rank(p, seeds, everyThird(2500)).Best(500); !slices.Equal(got, want) {
		t.Error("after it was stored the ranking is another")
	}
	for _, damaged := range [][]byte{nil, {9}, body.Bytes()[:body.Len()/2], body.Bytes()[:body.Len()-9]} {
		if _, err := actalike.ReadModel(bytes.NewReader(damaged)); err == nil {
			t.Errorf("%d bytes of a damaged model are a model", len(damaged))
		}
	}
	t.Run("ten cuts are the beginnings of one ranking", func(t *testing.T) { nested(t, m.Rank(p, seeds, everyThird(2500)), everyThird(2500)) })
	t.Run("of persons who came since", func(t *testing.T) { nested(t, m.Rank(p, seeds, everyThird(30_000)), everyThird(30_000)) })
}

// nested holds ten cuts against the best of the same ranking.
func nested(t *testing.T, r *actalike.Ranking, country *roaring.Bitmap) {
	t.Helper()
	for x, cut := range r.Nested() {
		want := roaring.New()
		for _, p := range r.Best(actalike.Size(x+1, int(country.GetCardinality()))) { //nolint:gosec // few
			want.Add(uint32(p))
		}
		if !cut.Equals(want) {
			t.Errorf("%d%% are %d persons, want %d, or other ones", x+1, cut.GetCardinality(), want.GetCardinality())
		}
	}
}

func TestAThinPopulationIsNotLearntFrom(t *testing.T) {
	for _, c := range []struct{ persons, each int }{{900, 50}, {2000, 3}} {
		p, err := actalike.MakePopulation(c.persons, 300, c.each, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := actalike.Train(t.Context(), p, 1, nil); !errors.Is(err, actalike.ErrThin) {
			t.Errorf("%d persons with %d items each: %v", c.persons, c.each, err)
		}
	}
}

func TestHalvesHideEveryOtherSeedOfTheCountry(t *testing.T) {
	seeds, country := roaring.BitmapOf(1, 2, 3, 5, 8, 13), roaring.BitmapOf(2, 3, 4, 8, 13)
	known, hidden := actalike.Halves(seeds, country)
	if !known.Equals(roaring.BitmapOf(1, 2, 5, 8)) || !hidden.Equals(roaring.BitmapOf(3, 13)) {
		t.Errorf("known are %v, hidden %v", known, hidden)
	}
	if seeds.GetCardinality() != 6 {
		t.Errorf("the seeds are now %v", seeds)
	}
}
