package actalike_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/parterre/parterre/actalike"
)

var errCut = errors.New("the power is cut")

// diary is progress in memory. The power is cut when something is saved for the last time.
type diary struct {
	parts map[string][]byte
	last  int // -1 is never
	saved []string
}

func (d *diary) Save(name string, write func(io.Writer) error) error {
	var body bytes.Buffer
	if err := write(&body); err != nil {
		return err
	}
	d.parts[name] = body.Bytes()
	if d.saved = append(d.saved, name); len(d.saved) == d.last {
		return errCut
	}
	return nil
}

func (d *diary) Load(name string, read func(io.Reader) error) (bool, error) {
	body, there := d.parts[name]
	if !there {
		return false, nil
	}
	return true, read(bytes.NewReader(body))
}

func written(t *testing.T, m *actalike.Model) []byte {
	t.Helper()
	var body bytes.Buffer
	if err := m.Write(&body); err != nil {
		t.Fatal(err)
	}
	return body.Bytes()
}

// However often learning is cut short, what comes of it in the end is the same, and nothing that was done is done again.
func TestLearningThatIsCutShortGoesOn(t *testing.T) {
	p, err := actalike.MakePopulation(2500, 200, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	uncut := &diary{parts: map[string][]byte{}, last: -1}
	whole, err := actalike.Train(t.Context(), p, 1, uncut)
	if err != nil {
		t.Fatal(err)
	}
	if whole.Method() != actalike.Fused {
		t.Fatalf("the method is %s", whole.Method())
	}
	want := written(t, whole)

	d := &diary{parts: map[string][]byte{}, last: 1}
	_, err = actalike.Train(t.Context(), p, 1, d)
	cuts := 0
	var m *actalike.Model
	for ; errors.Is(err, errCut); cuts++ {
		d.last++
		m, err = actalike.Resume(t.Context(), d)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(t, m), want) {
		t.Error("what was learnt in parts is another model")
	}
	if got, want := fmt.Sprint(d.saved), fmt.Sprint(uncut.saved); got != want || cuts != len(d.saved) || cuts < 10 {
		t.Errorf("after %d cuts these were saved: %s; want %s", cuts, got, want)
	}
	if m, err := actalike.Resume(t.Context(), &diary{parts: map[string][]byte{}}); m != nil || err != nil {
		t.Errorf("what was not begun goes on: %v, %v", m, err)
	}
}
