package actalike

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// Whatever the scores are like, the nested audiences are the beginnings of the order that Best gives.
func TestNestedAudiencesAreTheBest(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0)) //nolint:gosec // no secret
	for name, score := range map[string]func() float32{
		"normal":       func() float32 { return float32(r.NormFloat64()) },
		"ties":         func() float32 { return float32(r.IntN(7)) },
		"heavy tail":   func() float32 { return float32(math.Exp(12 * r.NormFloat64())) },
		"all the same": func() float32 { return -3 },
		"tiny":         func() float32 { return float32(r.IntN(100)) * 1e-44 },
		"immense":      func() float32 { return float32(r.IntN(3)-1) * math.MaxFloat32 },
		"latecomers":   func() float32 { return float32(math.Log(float64(r.IntN(4)))) },
		"nobody known": func() float32 { return everybody },
	} {
		const country = 5000
		k := &Ranking{country: country}
		for person := range uint32(country) {
			if r.IntN(10) > 0 {
				k.persons, k.scores = append(k.persons, person+1), append(k.scores, score())
			}
		}
		for x, cut := range k.Nested() {
			want := roaring.New()
			for _, p := range k.Best(Size(x+1, country)) {
				want.Add(uint32(p))
			}
			if !cut.Equals(want) {
				t.Fatalf("%s: %d%% are %d persons, and not those of the best %d", name, x+1, cut.GetCardinality(), want.GetCardinality())
			}
		}
	}
}
