package actalike

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
)

// Method says how an audience was ranked.
type Method string

// The methods, from the best to the one that needs the least.
const (
	Fused    Method = "spectral_trees" // ten linear scores over items, put together by trees
	Spectral Method = "spectral"       // two of those scores, added
	Naive    Method = "naive_bayes"
)

// Model is what was learnt from a population. It does not change once it is made and may be used concurrently.
type Model struct {
	Names   []string // of the items, as the population had them
	Persons int      // how many there were
	Total   int      // engagements
	Factors *Factors
	Trees   *Trees // nil when the population has too few popular items to teach them
}

const (
	// dimensions is how many factors there are; of thinner populations, half of the items or persons.
	dimensions = 256

	// LeastPersons is how many persons a population needs to be learnt from.
	LeastPersons = 1000
	// LeastEngagements is how many engagements it needs.
	LeastEngagements = 10_000

	// MostFused is how many persons are ranked by trees at most: in larger populations that takes too long.
	MostFused = 1_000_000
)

// ErrThin is the error for a population from which nothing can be learnt; [Bayes] needs nothing.
var ErrThin = fmt.Errorf("learn from a population: %w", errThin)

// Train learns from a population. It fails with ErrThin when the population is too small or too thin.
func Train(ctx context.Context, p *Population, seed uint64) (*Model, error) {
	items := 0
	for _, d := range p.degrees {
		if d > 0 {
			items++
		}
	}
	dim := min(dimensions, items/2, p.Persons()/2)
	if p.Persons() < LeastPersons || len(p.engaged) < LeastEngagements || dim < panel {
		return nil, ErrThin
	}
	m := &Model{Names: slices.Clone(p.names), Persons: p.Persons(), Total: len(p.engaged)}
	var err error
	if m.Factors, err = newFactors(ctx, p, dim, seed); err != nil {
		return nil, thin(err)
	}
	if p.Persons() > MostFused {
		return m, nil
	}
	var s sample
	for n := range uint64(lessons) {
		if err := p.lesson(ctx, &s, dim, seed+1+n); err != nil {
			if errors.Is(err, errThin) {
				return m, nil // there are factors, and nothing to teach trees with
			}
			return nil, err
		}
	}
	m.Trees = grow(&s)
	return m, ctx.Err()
}

func thin(err error) error {
	if errors.Is(err, errThin) {
		return ErrThin
	}
	return err
}

// Method is how the model ranks.
func (m *Model) Method() Method {
	if m.Trees == nil {
		return Spectral
	}
	return Fused
}

// Ranking is a seed's view of a population.
type Ranking struct {
	seeds   *roaring.Bitmap
	weights []weights
	scores  []float32 // by person
	names   []string
}

// Rank scores every person of a population whose first items are those of the model. Items that the model does not know count
// by naive Bayes and the walk. It keeps seeds, which stays unchanged.
func (m *Model) Rank(p *Population, seeds *roaring.Bitmap) *Ranking {
	f := *m.Factors
	if more := len(p.names) - len(f.Scales); more > 0 { // items that are new are in no factor
		f.Scales = append(slices.Clone(f.Scales), make([]float32, more)...)
		f.Vectors = append(slices.Clone(f.Vectors), make([]float32, more*f.Dim)...)
	}
	r := &Ranking{seeds: seeds, weights: f.weigh(p, seeds), names: p.names}
	if m.Trees == nil {
		r.scores = p.linear(r.weights)
		return r
	}
	all := p.describe(r.weights, float64(max(1, seeds.GetCardinality())))
	r.scores = make([]float32, len(all))
	parallel((len(all)+stripe-1)/stripe, func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, len(all)); i++ {
			// The trees give steps; the sharpest channel decides within one.
			r.scores[i] = m.Trees.score(&all[i]) + 1e-4*all[i][channels]
		}
	})
	return r
}

// linear scores by the sharp channel and the ridge, each of which is divided by its length over the items.
func (p *Population) linear(w []weights) []float32 {
	var sharp, ridge float64
	for i := range w {
		d := float64(p.degrees[i])
		sharp += d * float64(w[i][chSharp]) * float64(w[i][chSharp])
		ridge += d * float64(w[i][chRidge]) * float64(w[i][chRidge])
	}
	a, b := 1/math.Sqrt(max(sharp, 1e-30)), 1/math.Sqrt(max(ridge, 1e-30))
	one := make([]float32, len(w))
	for i := range w {
		one[i] = float32(a*float64(w[i][chSharp]) + b*float64(w[i][chRidge]))
	}
	scores := make([]float32, p.Persons()+1)
	parallel((len(scores)+stripe-1)/stripe, func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, len(scores)); i++ {
			sum := float32(0)
			for _, item := range p.row(uint32(i)) { //nolint:gosec // persons fit 32 bits
				sum += one[item]
			}
			scores[i] = sum * p.scale(uint32(i)) //nolint:gosec // persons fit 32 bits
		}
	})
	return scores
}

// Best are the n candidates who act most like the seeds, best first, without the seeds; fewer when there are no more. Of
// equal scores the person with the smaller number is first, so the best n are the beginning of the best n+1.
func (r *Ranking) Best(candidates *roaring.Bitmap, n int) []parterre.PersonID {
	ranked := make([]parterre.PersonID, 0, candidates.GetCardinality())
	for it := candidates.Iterator(); it.HasNext(); {
		if p := it.Next(); !r.seeds.Contains(p) {
			ranked = append(ranked, parterre.PersonID(p))
		}
	}
	slices.SortFunc(ranked, func(a, b parterre.PersonID) int {
		return cmp.Or(cmp.Compare(r.score(uint32(b)), r.score(uint32(a))), cmp.Compare(a, b))
	})
	return ranked[:min(max(n, 0), len(ranked))]
}

// score is minus infinity of a person who came after the population was read.
func (r *Ranking) score(person uint32) float32 {
	if int(person) >= len(r.scores) {
		return float32(math.Inf(-1))
	}
	return r.scores[person]
}

// Weight says how much an item counts.
type Weight struct {
	Item   string  `json:"item"`
	Weight float64 `json:"weight"`
}

// Top are the n items that weigh most in the ridge, the heaviest first.
func (r *Ranking) Top(n int) []Weight {
	all := make([]Weight, 0, len(r.weights))
	for i := range r.weights {
		if w := r.weights[i][chRidge]; w > 0 {
			all = append(all, Weight{r.names[i], float64(w)})
		}
	}
	return heaviest(all, n)
}

func heaviest(all []Weight, n int) []Weight {
	slices.SortFunc(all, func(a, b Weight) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Item, b.Item)) })
	return all[:min(n, len(all))]
}

// modelVersion is the first byte of a model as it is stored.
const modelVersion = 1

var errModelVersion = errors.New("the model is of an unknown version")

// Encode writes a model to be stored.
func (m *Model) Encode() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte(modelVersion)
	if err := gob.NewEncoder(&out).Encode(m); err != nil {
		return nil, fmt.Errorf("encode a model: %w", err)
	}
	return out.Bytes(), nil
}

// DecodeModel reads a model that Encode wrote.
func DecodeModel(body []byte) (*Model, error) {
	if len(body) == 0 || body[0] != modelVersion {
		return nil, errModelVersion
	}
	var m Model
	if err := gob.NewDecoder(bytes.NewReader(body[1:])).Decode(&m); err != nil {
		return nil, fmt.Errorf("decode a model: %w", err)
	}
	if m.Factors == nil || len(m.Factors.Scales) != len(m.Names) || len(m.Factors.Vectors) != len(m.Names)*m.Factors.Dim ||
		len(m.Factors.Values) != m.Factors.Dim {
		return nil, errModelVersion
	}
	return &m, nil
}

// Halves cuts seeds in two, to hide one half and look for it: every other seed of the country, by number, is hidden. The
// known half has everybody else.
func Halves(seeds, country *roaring.Bitmap) (known, hidden *roaring.Bitmap) {
	known, hidden = seeds.Clone(), roaring.New()
	n := 0
	for it := roaring.And(seeds, country).Iterator(); it.HasNext(); n++ {
		if p := it.Next(); n%2 == 1 {
			hidden.Add(p)
		}
	}
	known.AndNot(hidden)
	return known, hidden
}

// Size is how many members an audience has: the percentage of a country's persons, rounded up.
func Size(percentage, persons int) int { return (percentage*persons + 99) / 100 }
