package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/parterre/parterre/actalike"
	"github.com/parterre/parterre/client"
)

// likers is how many persons there are to learn from, and liked how many items each of them engages with: just enough.
const (
	likers = 2600
	liked  = 44
)

// population loads persons who like items of their own kind more than others, and begins a look-alike of some of them: so the
// service begins to learn.
func population(t *testing.T, s *service) {
	t.Helper()
	people := func(yield func(any) bool) {
		for i := range likers {
			if !yield(map[string]any{"external_id": fmt.Sprintf("u%d", i), "emails": []string{email("liker", i)}, "country": "US"}) {
				return
			}
		}
	}
	if r, err := s.ImportPeople(t.Context(), client.NDJSON(people)); err != nil || r.Accepted != likers {
		t.Fatalf("import people: %+v, %v", r, err)
	}
	engagements := func(yield func(any) bool) {
		for i := range likers {
			for j := range liked { // each once
				pin := 1 + i%20*50 + (i*7+j*3)%50
				if j%3 == 0 {
					pin = 2000 + (i*i%911+j*37)%1000
				}
				if !yield(map[string]any{
					"person": map[string]any{"email": email("liker", i)}, "engagement_type": "save", "pin_id": strconv.Itoa(pin), "engaged_at": 1_790_000_000,
				}) {
					return
				}
			}
		}
	}
	if r, err := s.ImportEngagements(t.Context(), client.NDJSON(engagements)); err != nil || r.Accepted != likers*liked {
		t.Fatalf("import engagements: %+v, %v", r, err)
	}
	var records []string
	for i := range 200 {
		records = append(records, email("liker", i))
	}
	l, err := s.CreateCustomerList(t.Context(), account, client.CustomerListCreate{Name: "Likers", Records: records})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.CreateAudience(t.Context(), account, client.AudienceCreate{
		AudienceType: "CUSTOMER_LIST", Name: "Likers", Rule: map[string]any{"customer_list_id": l.ID},
	})
	if err == nil {
		_, err = s.WaitForAudience(t.Context(), account, a.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateAudience(t.Context(), account, client.AudienceCreate{
		AudienceType: "ACTALIKE", Name: "More", Rule: map[string]any{"seed_id": []string{a.ID}, "country": "US", "percentage": "5"},
	}); err != nil {
		t.Fatal(err)
	}
}

// await polls until there is a file.
func await(t *testing.T, path string, meanwhile func()) {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); ; time.Sleep(2 * time.Millisecond) {
		meanwhile()
		_, err := os.Stat(path)
		if err == nil {
			return
		}
		if !errors.Is(err, fs.ErrNotExist) || time.Now().After(until) {
			t.Fatalf("%s does not appear: %v", filepath.Base(path), err)
		}
	}
}

// TestLearningThatIsKilledGoesOn kills the service while it learns, again and again, and compares what it learnt in the end with
// what one learns that is killed at the beginning alone.
func TestLearningThatIsKilledGoesOn(t *testing.T) {
	first := filepath.Join(t.TempDir(), "data")
	s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", first)
	population(t, s)
	await(t, filepath.Join(first, "factors.learning", "begun"), func() {})
	s.kill(t)
	var models [2]*actalike.Model
	for i, parts := range [][]string{nil, {"vectors", "factors", "lesson0"}} {
		data := filepath.Join(t.TempDir(), "data")
		if err := os.CopyFS(data, os.DirFS(first)); err != nil {
			t.Fatal(err)
		}
		factors, progress := filepath.Join(data, "factors"), filepath.Join(data, "factors.learning")
		begun, err := os.Stat(filepath.Join(progress, "begun"))
		if err != nil {
			t.Fatal(err)
		}
		same := func() { // it is written at the beginning
			now, err := os.Stat(filepath.Join(progress, "begun"))
			if err == nil && !os.SameFile(begun, now) {
				t.Fatal("learning began anew")
			}
		}
		s := serve(t, nil, "--addr", "127.0.0.1:0", "--data", data)
		for _, part := range parts {
			await(t, filepath.Join(progress, part), same)
			s.kill(t)
			if _, err := os.Stat(factors); err == nil {
				t.Fatalf("it had learnt everything before it was killed at %s: the test does not test", part)
			}
			s = serve(t, nil, "--addr", "127.0.0.1:0", "--data", data)
		}
		await(t, factors, same)
		stored, err := os.ReadFile(factors)
		if err != nil {
			t.Fatal(err)
		}
		if models[i], err = actalike.ReadModel(bytes.NewReader(stored[4+16:])); err != nil { // behind the checksum, the version, and the moment
			t.Fatal(err)
		}
		s.kill(t)
	}
	if models[0].Trees == nil || !reflect.DeepEqual(models[0], models[1]) {
		t.Error("what was learnt with interruptions is something else than what was learnt without")
	}
}
