package roll_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/roll"
)

func TestAChunkComesBackFromItsStoredForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNaive.Draw(t, "persons")
		prefix := rapid.SliceOf(rapid.Byte()).Draw(t, "prefix")
		b := roll.Append(slices.Clone(prefix), n.chunk())
		if !slices.Equal(b[:len(prefix)], prefix) {
			t.Fatalf("what stood before changed")
		}
		c, err := roll.Decode(b[len(prefix):])
		if err != nil {
			t.Fatalf("decode: %v", err)
		}
		same(t, "decoded", c, n)
	})
}

// samples are chunks that take every way through the encoding.
func samples() map[string]roll.Chunk {
	frame := naive{}
	for i := range 128 {
		frame[uint16(i*i)] = parterre.Stamp(1 + i)
	}
	atOnce := naive{}
	for i := range 2048 {
		atOnce[uint16(5*i)] = math.MaxUint32
	}
	over := naive{65535: 1}
	for i := range 128 {
		over[uint16(i)] = math.MaxUint32
	}
	return map[string]roll.Chunk{
		"empty":                    {},
		"the first person":         naive{0: 1}.chunk(),
		"the last person":          naive{65535: math.MaxUint32}.chunk(),
		"two persons far apart":    naive{0: math.MaxUint32, 65535: 1}.chunk(),
		"two neighbours":           naive{700: 1_750_000_000, 701: 1_750_000_000}.chunk(),
		"a whole frame":            frame.chunk(),
		"a frame and one more":     over.chunk(),
		"several frames, scarcely": scattered(1, 0.005).chunk(),
		"a full block":             scattered(3, 1).chunk(),
		"a tenth of a block":       scattered(4, 0.1).chunk(),
		"as bits, all at once":     atOnce.chunk(),
		"several frames, densely":  scatteredIn(2, 0.9, 1000, 1500).chunk(),
	}
}

func TestAnyFlippedBitAndAnyTruncationIsRefused(t *testing.T) {
	for name, c := range samples() {
		t.Run(name, func(t *testing.T) {
			b := roll.Append(nil, c)
			step := 1 + len(b)/4096 // of the large ones some bytes will do
			for i := 0; i < len(b); i += step {
				for bit := range 8 {
					b[i] ^= 1 << bit
					if _, err := roll.Decode(b); !errors.Is(err, roll.ErrCorrupt) {
						t.Fatalf("bit %d of byte %d flipped: error %v", bit, i, err)
					}
					b[i] ^= 1 << bit
				}
				if _, err := roll.Decode(b[:i]); !errors.Is(err, roll.ErrCorrupt) {
					t.Fatalf("cut to %d bytes: error %v", i, err)
				}
			}
			if _, err := roll.Decode(append(b, 0)); !errors.Is(err, roll.ErrCorrupt) {
				t.Fatalf("a byte too many: error %v", err)
			}
			if _, err := roll.Decode(b); err != nil {
				t.Fatalf("unchanged: %v", err)
			}
		})
	}
}

// sealed gives bytes the checksum that they should have, so that a test gets past it.
func sealed(body ...byte) []byte {
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	return binary.LittleEndian.AppendUint32(body, sum)
}

func TestNonsenseWithARightChecksumIsRefused(t *testing.T) {
	cases := map[string][]byte{
		"nothing":                          sealed(),
		"a version of the future":          sealed(2, 0),
		"no number of persons":             sealed(1),
		"more persons than a block has":    sealed(1, 0x81, 0x80, 0x04, 0, 0, 0, 0),
		"persons without bytes":            sealed(1, 5),
		"a person past the end":            sealed(1, 1, 0x80, 0x80, 0x04, 1),
		"a stamp of zero":                  sealed(1, 1, 7, 0),
		"a stamp of 33 bits":               sealed(1, 1, 7, 0x80, 0x80, 0x80, 0x80, 0x10),
		"a sum of 33 bits":                 sealed(1, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 3),
		"differences of 33 bits":           sealed(1, 2, 0, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0),
		"a series cut off":                 sealed(1, 2, 0, 8, 0),
		"a series that takes the checksum": sealed(1, 2, 0, 20, 0),
		"no width":                         sealed(1, 2, 0),
		"bytes after the end":              sealed(1, 1, 7, 1, 0),
		"bytes after the end of no person": sealed(1, 0, 0),
	}
	for name, b := range cases {
		t.Run(name, func(t *testing.T) {
			if c, err := roll.Decode(b); !errors.Is(err, roll.ErrCorrupt) || c.Len() != 0 {
				t.Errorf("%d persons and error %v, want none and %v", c.Len(), err, roll.ErrCorrupt)
			}
		})
	}
}

func TestNonsenseInBitsWithRightChecksumsIsRefused(t *testing.T) {
	persons := make([]byte, roll.BlockSize/8)
	for i := range 256 {
		persons[i] = 0xff
	}
	stored := func(n uint64, least uint64, width byte, stamps []byte) []byte {
		head := binary.AppendUvarint(binary.AppendUvarint([]byte{4}, n), least)
		return append(sealed(append(append(head, width), persons...)...), sealed(stamps...)...)
	}
	one := bytes.Repeat([]byte{0xff}, 2048/8) // a bit for each
	if c, err := roll.Decode(stored(2048, 7, 1, one)); err != nil || c.Len() != 2048 || c.Max() != 8 {
		t.Fatalf("what makes sense is %d persons, error %v", c.Len(), err)
	}
	for name, b := range map[string][]byte{
		"more persons than bits":        stored(2049, 7, 1, append(one, make([]byte, 32)...)),
		"fewer persons than bits":       stored(2047, 7, 1, one),
		"more persons than a block has": stored(roll.BlockSize+1, 7, 1, one),
		"a smallest stamp of 0":         stored(2048, 0, 1, one),
		"a smallest stamp of 33 bits":   stored(2048, 1<<32, 1, one),
		"a stamp of 33 bits":            stored(2048, math.MaxUint32, 1, one),
		"33 bits a stamp":               stored(2048, 7, 33, bytes.Repeat(one, 33)),
		"too few stamps":                stored(2048, 7, 1, one[1:]),
		"too many stamps":               stored(2048, 7, 1, append(one, 0)),
		"no bits":                       sealed(4, 0, 1, 0),
		"nothing but the version":       {4},
	} {
		if c, err := roll.Decode(b); !errors.Is(err, roll.ErrCorrupt) || c.Len() != 0 {
			t.Errorf("%s: %d persons and error %v, want none and %v", name, c.Len(), err, roll.ErrCorrupt)
		}
		for _, since := range []parterre.Stamp{1, 8, math.MaxUint32} { // whether or not it looks at what is wrong, it gets through
			if err := roll.NewCrowd(since).AddEncoded(0, b); err != nil && !errors.Is(err, roll.ErrCorrupt) {
				t.Errorf("%s: a crowd has error %v", name, err)
			}
		}
	}
}

func TestStoredFormsAreSmall(t *testing.T) {
	full := naive{}
	for low := range roll.BlockSize {
		full[uint16(low)] = parterre.Stamp(1_750_000_000 + low%100)
	}
	for _, c := range []struct {
		name  string
		chunk roll.Chunk
		most  int
	}{
		{"nobody", roll.Chunk{}, 6},
		{"one person", naive{60000: 1_750_000_000}.chunk(), 14},
		{"two persons", naive{10: 1_750_000_000, 60000: 1_750_000_100}.chunk(), 22},
		{"everybody within 100 seconds", full.chunk(), roll.BlockSize * 11 / 10},
		{"everybody within 180 days", scattered(3, 1).chunk(), roll.BlockSize*3 + 12_000},
		{"one in ten within 180 days", scattered(3, 0.1).chunk(), roll.BlockSize * 44 / 100},
	} {
		if got := len(roll.Append(nil, c.chunk)); got > c.most {
			t.Errorf("%s: %d bytes, want at most %d", c.name, got, c.most)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range samples() {
		if c.Len() < 1000 { // large ones make it slow
			b := roll.Append(nil, c)
			f.Add(b[:len(b)-4])
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if c, err := roll.Decode(body); err == nil {
			roundTrip(t, c)
		}
		// With a right checksum the rest of the decoder is reached.
		c, err := roll.Decode(sealed(slices.Clone(body)...))
		if err != nil {
			if !errors.Is(err, roll.ErrCorrupt) {
				t.Fatalf("error %v, want %v", err, roll.ErrCorrupt)
			}
			// A crowd refuses it, too, if it has to look at what is wrong.
			if err := roll.NewCrowd(0).AddEncoded(0, sealed(slices.Clone(body)...)); err != nil && !errors.Is(err, roll.ErrCorrupt) {
				t.Fatalf("a crowd has error %v, want %v", err, roll.ErrCorrupt)
			}
			return
		}
		roundTrip(t, c)
		for _, since := range []parterre.Stamp{0, c.Max(), c.Max()/2 + 1} {
			want := 0
			for _, e := range entries(c) {
				if e.stamp >= since {
					want++
				}
			}
			crowd := roll.NewCrowd(since)
			if err := crowd.AddEncoded(7, sealed(slices.Clone(body)...)); err != nil || crowd.Count() != want {
				t.Fatalf("a crowd since %d has %d persons and error %v, want %d", since, crowd.Count(), err, want)
			}
		}
	})
}

func roundTrip(t *testing.T, c roll.Chunk) {
	t.Helper()
	all := entries(c)
	for i, e := range all {
		if i > 0 && all[i-1].low >= e.low {
			t.Fatalf("person %d comes after person %d", e.low, all[i-1].low)
		}
		if e.stamp == 0 {
			t.Fatalf("the stamp of %d is 0", e.low)
		}
	}
	again, err := roll.Decode(roll.Append(nil, c))
	if err != nil {
		t.Fatalf("decode again: %v", err)
	}
	if !slices.Equal(entries(again), all) {
		t.Fatalf("decoded again: %d persons, want the %d from before", again.Len(), c.Len())
	}
}

// What was stored stays readable: these bytes never change, as docs/format/index.md says.
func TestTheStoredFormIsTheDocumentedOne(t *testing.T) {
	for _, c := range []struct {
		name  string
		chunk roll.Chunk
		want  string
	}{
		{"nobody", roll.Chunk{}, "0100a5efc3e2"},
		{"one person", naive{300: 1_750_000_000}.chunk(), "0101ac0280c3bbc206e9f89bc6"},
		{"three persons", naive{5: 100, 6: 107, 10: 101}.chunk(), "01030003c500640378003fef2a09"},
	} {
		if got := hex.EncodeToString(roll.Append(nil, c.chunk)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	b := roll.Append(nil, scattered(4, 0.1).chunk())
	if got, want := fmt.Sprintf("%x %x", b[:10], sha256.Sum256(b)), "04da33d4eecfaa061800 549f223848652505ad26b1edb2d1dacbe2ed59842e6fd96464f0a65703173919"; got != want {
		t.Errorf("as bits: %s, want %s", got, want)
	}
}
