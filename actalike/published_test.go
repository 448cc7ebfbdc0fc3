package actalike_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre/actalike"
)

// On two real populations the method finds as much as it is known to: the share of the hidden half of an audience that is
// among the best 5% (R@5), averaged over audiences. The data belong to nobody who would let us pass them on, so they lie
// beside the repository, if at all.
func TestRecallOnRealPopulations(t *testing.T) {
	for _, c := range []struct {
		name      string
		published float64 // for naive Bayes, positive weights only, divided by the square root of the degree
	}{
		{"pinterest", .579},
		{"gowalla", .681},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := filepath.Join(realData(t), c.name)
			items, persons := readItems(t, filepath.Join(folder, "train.tsv.gz"))
			all := readAudiences(t, filepath.Join(folder, "audiences.json.gz"))
			const some = 6 // of so many audiences one is tried
			recall, tried := 0.0, 0
			for i := 0; i < len(all); i += some {
				recall += recallAt5(items, persons, &all[i])
				tried++
			}
			recall /= float64(tried)
			t.Logf("R@5 of %d audiences: %.3f (published: %.3f)", tried, recall, c.published)
			if recall < c.published-.03 || recall > c.published+.03 {
				t.Errorf("R@5 is %.3f, which is far from the published %.3f", recall, c.published)
			}
		})
	}
}

// The shipped method, taught by the population itself, reaches the row that is demanded of it on the smaller of the two
// populations. The race detector makes it take minutes and has nothing to find here that it does not find on less data.
func TestTheShippedMethodReachesWhatIsDemanded(t *testing.T) {
	folder := filepath.Join(realData(t), "pinterest")
	if raceDetector {
		t.Skip("under the race detector this takes minutes")
	}
	items, persons := readItems(t, filepath.Join(folder, "train.tsv.gz"))
	p, err := actalike.NewPopulation(persons, nil, func(yield func(string, *roaring.Bitmap) error) error {
		for i, who := range items {
			if err := yield(strconv.Itoa(i), who); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := actalike.Train(t.Context(), p, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.Method() != actalike.Fused {
		t.Fatalf("the method is %s", m.Method())
	}
	country := roaring.New()
	country.AddRange(1, uint64(persons)+1) //nolint:gosec // few
	demanded := map[int]float64{1: .267, 5: .615, 10: .803}
	recall := map[int]float64{}
	all := readAudiences(t, filepath.Join(folder, "audiences.json.gz"))
	for i := range all {
		seeds := roaring.New()
		for _, p := range all[i].Seed {
			seeds.Add(p + 1)
		}
		cuts := m.Rank(p, seeds, country).Nested()
		for percentage := range demanded {
			recall[percentage] += all[i].found(cuts[percentage-1]) / float64(len(all))
		}
	}
	for percentage, least := range demanded {
		t.Logf("R@%d: %.4f (demanded: %.3f)", percentage, recall[percentage], least)
		if recall[percentage] < least {
			t.Errorf("R@%d is %.4f: %.3f is demanded", percentage, recall[percentage], least)
		}
	}
}

// found is the share of the hidden half that is in an audience.
func (a *hidden) found(audience *roaring.Bitmap) float64 {
	n := 0
	for _, p := range a.HeldOut {
		if audience.Contains(p + 1) {
			n++
		}
	}
	return float64(n) / float64(len(a.HeldOut))
}

// realData finds the folder with the populations: shared/actalike beside the repository.
func realData(t *testing.T) string {
	t.Helper()
	const name = "shared/actalike"
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if folder := filepath.Join(dir, name); isFolder(folder) {
			return folder
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skipf("there is no folder %s above this package: the real populations are not part of the repository", name)
		}
		dir = up
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// hidden is an audience of which half is known.
type hidden struct {
	Seed    []uint32 `json:"seed"`
	HeldOut []uint32 `json:"held_out"` // for the judge alone
}

// recallAt5 ranks by the seed alone, and then looks at what was held out. Persons are numbered from 0 in the data.
func recallAt5(items []*roaring.Bitmap, persons int, a *hidden) float64 {
	seeds := roaring.New()
	for _, p := range a.Seed {
		seeds.Add(p + 1)
	}
	s := actalike.NewBayes(persons, seeds)
	for _, item := range items {
		s.AddItem(item)
	}
	everybody := roaring.New()
	everybody.AddRange(1, uint64(persons)+1) //nolint:gosec // few
	best := s.Best(everybody, actalike.Size(5, persons))

	heldOut, found := roaring.BitmapOf(a.HeldOut...), 0
	for _, p := range best {
		if heldOut.Contains(uint32(p) - 1) {
			found++
		}
	}
	return float64(found) / float64(len(a.HeldOut))
}

func readAudiences(t *testing.T, path string) []hidden {
	t.Helper()
	var file struct {
		Audiences []hidden `json:"audiences"`
	}
	unzip(t, path, func(in io.Reader) error { return json.NewDecoder(in).Decode(&file) })
	if len(file.Audiences) == 0 {
		t.Fatalf("%s holds no audience", filepath.Base(path))
	}
	return file.Audiences
}

// readItems gives the persons of every item, in ascending order of the items, and how many persons there are.
func readItems(t *testing.T, path string) (items []*roaring.Bitmap, persons int) {
	t.Helper()
	var engaged [][]uint32 // by item
	unzip(t, path, func(in io.Reader) error {
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "#") {
				continue
			}
			person, list, _ := strings.Cut(lines.Text(), "\t")
			p, err := strconv.ParseUint(person, 10, 32)
			if err != nil {
				return err
			}
			persons = max(persons, int(p)+1) //nolint:gosec // 32 bits
			for word := range strings.FieldsSeq(list) {
				i, err := strconv.Atoi(word)
				if err != nil {
					return err
				}
				for len(engaged) <= i {
					engaged = append(engaged, nil)
				}
				engaged[i] = append(engaged[i], uint32(p)+1)
			}
		}
		return lines.Err()
	})
	for _, persons := range engaged {
		items = append(items, roaring.BitmapOf(persons...))
	}
	return items, persons
}

func unzip(t *testing.T, path string, read func(io.Reader) error) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	in, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := read(in); err != nil {
		t.Fatalf("read %s: %v", filepath.Base(path), err)
	}
}
