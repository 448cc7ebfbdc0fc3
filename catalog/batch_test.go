package catalog_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/memcatalog"
)

// digests makes that many different records of one SHA-256 digest.
func digests(n int) [][]parterre.Identifier {
	all := make([][]parterre.Identifier, n)
	for i := range all {
		all[i] = []parterre.Identifier{
			parterre.ByEmail(strings.Repeat("a", i%7) + string(rune('a'+i%26)) + parterre.ID(i).String())[0],
		}
	}
	return all
}

// bodyOf reads the body of a batch's row.
func bodyOf(t testing.TB, d driver.Driver, id parterre.ID) []byte {
	t.Helper()
	var body []byte
	err := d.View(t.Context(), func(r driver.Reader) error {
		row, err := r.Row(t.Context(), driver.ListBatches, id)
		body = row.Body
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestBatches(t *testing.T) {
	d := memcatalog.New()
	c := over(d)
	var every [][]parterre.Identifier
	for kind := range parterre.IdentifierKind(127) {
		id := parterre.Identifier{Kind: kind + 1, Value: strings.Repeat("\xff\x00", int(kind))}
		every = append(every, slices.Repeat([]parterre.Identifier{id}, 1+int(kind)%3))
	}
	batches := []catalog.Batch{
		{List: 4189730},
		{List: 4189730, Number: 1, Records: digests(50_000)},
		{List: 4189731, Number: math.MaxInt32, Remove: true, Records: every},
		{List: 4189731, Number: 300, Records: [][]parterre.Identifier{{parterre.ByAdvertiserID(7, "")}}},
	}
	for i := range batches {
		update(t, c, func(tx *catalog.Tx) error { return tx.PutBatch(&batches[i]) })
		if batches[i].ID == 0 {
			t.Fatalf("batch %d got no id", i)
		}
	}
	want := func(b catalog.Batch) {
		t.Helper()
		view(t, c, func(tx *catalog.Tx) error {
			got, err := tx.Batch(b.ID)
			if !reflect.DeepEqual(got, b) {
				t.Errorf("batch %d of %d records is not what was written", b.ID, len(b.Records))
			}
			return err
		})
	}
	for _, b := range batches {
		want(b)
	}
	if size := len(bodyOf(t, d, batches[1].ID)); size > 50_000*34+16 {
		t.Errorf("50,000 digests take %d bytes, want at most 34 each", size)
	}
	batches[1].Records = batches[1].Records[:3]
	update(t, c, func(tx *catalog.Tx) error { return tx.PutBatch(&batches[1]) })
	want(batches[1])
	for range 2 {
		update(t, c, func(tx *catalog.Tx) error { return tx.DeleteBatch(batches[1].ID) })
	}
	view(t, c, func(tx *catalog.Tx) error {
		_, err := tx.Batch(batches[1].ID)
		wantError(t, err, parterre.NotFound, "Batch could not be found.")
		return nil
	})
	err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutBatch(&batches[1]) })
	wantError(t, err, parterre.NotFound, "Batch could not be found.")
	want(batches[2])
	err = c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutBatch(&catalog.Batch{Number: -1}) })
	if err == nil || parterre.CodeOf(err) != parterre.Internal {
		t.Errorf("writing a batch with the number -1: %v, want an internal error", err)
	}
}

// reread decodes a body, and gives what it was decoded to and the body that this encodes to.
func reread(t testing.TB, body []byte) (catalog.Batch, []byte, error) {
	t.Helper()
	d := memcatalog.New()
	c := over(d)
	err := d.Update(t.Context(), func(tx driver.Tx) error {
		return tx.Put(t.Context(), driver.ListBatches, driver.Row{ID: 1, Owner: 2, Body: body})
	})
	if err != nil {
		t.Fatal(err)
	}
	var b catalog.Batch
	err = c.View(t.Context(), func(tx *catalog.Tx) (err error) {
		b, err = tx.Batch(1)
		return err
	})
	if err != nil {
		return catalog.Batch{}, nil, err
	}
	update(t, c, func(tx *catalog.Tx) error { return tx.PutBatch(&b) })
	return b, bodyOf(t, d, 1), nil
}

// packed is the body of a small batch.
func packed(t testing.TB) []byte {
	t.Helper()
	d := memcatalog.New()
	b := catalog.Batch{List: 2, Number: 200, Remove: true, Records: append(digests(3), parterre.ByEmail("ann@example.com"), []parterre.Identifier{parterre.ByClickID("")})}
	update(t, over(d), func(tx *catalog.Tx) error { return tx.PutBatch(&b) })
	return bodyOf(t, d, b.ID)
}

func TestDamagedBatch(t *testing.T) {
	good := packed(t)
	if _, again, err := reread(t, good); err != nil || !bytes.Equal(again, good) {
		t.Fatalf("a good batch: %v", err)
	}
	bad := map[string][]byte{
		"a longer one":    append(bytes.Clone(good), 0),
		"another version": append([]byte{2}, good[1:]...),
		"unknown flags":   append([]byte{1, 2}, good[2:]...),
		"a number written longer than it must be": {1, 0, 0x81, 0x00, 0},
		"a number beyond 31 bits":                 {1, 0, 0x80, 0x80, 0x80, 0x80, 0x08, 0},
		"a number beyond 64 bits":                 append([]byte{1, 0}, bytes.Repeat([]byte{0xff}, 12)...),
		"a count beyond the body":                 {1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0},
		"a length beyond the body":                {1, 0, 1, 1, 2, 0xff, 0xff, 0x03},
		"a record that has not begun":             {1, 0, 1, 1, 0x82, 0},
	}
	for n := range good {
		bad["the first bytes: "+parterre.ID(n).String()] = good[:n]
	}
	for name, body := range bad {
		_, _, err := reread(t, body)
		if err == nil || parterre.CodeOf(err) != parterre.Internal {
			t.Errorf("%s: %v, want an internal error", name, err)
		}
	}
}

func TestRandomlyDamagedBatch(t *testing.T) {
	seed := rand.Uint64()
	random, good := rand.New(rand.NewPCG(seed, 0)), packed(t)
	for range 2_000 {
		body := bytes.Clone(good)
		for range 1 + random.IntN(3) {
			body[random.IntN(len(body))] = byte(random.Uint32())
		}
		if _, again, err := reread(t, body); err == nil && !bytes.Equal(again, body) {
			t.Fatalf("seed %d: %x was taken for %x", seed, body, again)
		}
	}
}

// Whatever the decoder accepts is what the encoder writes.
func FuzzBatch(f *testing.F) {
	good := packed(f)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte{1, 0, 0, 0})
	f.Add([]byte{1, 1, 0x80, 0x01, 1, 2, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		b, again, err := reread(t, body)
		if err != nil {
			return
		}
		if !bytes.Equal(again, body) {
			t.Errorf("%x was taken for %x", body, again)
		}
		if len(b.Records)*2 > len(body) {
			t.Errorf("%d bytes gave %d records", len(body), len(b.Records))
		}
	})
}
