package actalike

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
)

// The scaling of engagements: an engagement of a person with d items, with an item of e persons, counts d^-½ e^-¼.
const itemPower = .25

// panel is how many factors are worked on at a time, each by one goroutine: what one goroutine does never depends on how
// many there are.
const panel = 32

// Factors are the top right singular vectors and values of the scaled matrix of persons by items.
type Factors struct {
	Dim     int
	Vectors []float32 // those of an item are Dim numbers in a row
	Values  []float64 // descending
	Scales  []float32 // of each item: its degree to the power -itemPower, 0 of an item of nobody
}

// rounds is how often the subspace is multiplied by the matrix: five rounds leave less than a thousandth of the recall to win.
const rounds = 5

// newFactors finds the factors by subspace iteration on AᵀA, from a random beginning (Halko, Martinsson and Tropp, SIAM Review
// 53, 2011), orthogonalised by Cholesky twice, with a Rayleigh-Ritz step at the end.
func newFactors(ctx context.Context, p *Population, dim int, seed uint64) (*Factors, error) {
	dim -= dim % panel
	f := &Factors{Dim: dim, Scales: itemScales(p)}
	n := len(p.names)
	r := rand.New(rand.NewPCG(seed, 0x5eed)) //nolint:gosec // no secret
	q := make([]float32, n*dim)
	for i := range q {
		q[i] = float32(r.NormFloat64())
	}
	for range rounds {
		z, err := f.multiply(ctx, p, q)
		if err != nil {
			return nil, err
		}
		if q, err = orthogonal(z, dim); err != nil {
			return nil, err
		}
		if q, err = orthogonal(q, dim); err != nil { // once is not enough in float32
			return nil, err
		}
	}
	z, err := f.multiply(ctx, p, q)
	if err != nil {
		return nil, err
	}
	values, turn := eigen(gram(q, z, dim), dim)
	f.Values = make([]float64, dim)
	for k, v := range values {
		f.Values[k] = math.Sqrt(max(v, 0))
	}
	f.Vectors = rotate(q, turn, dim)
	return f, nil
}

func itemScales(p *Population) []float32 {
	scales := make([]float32, len(p.degrees))
	for i, d := range p.degrees {
		if d > 0 {
			scales[i] = float32(math.Pow(float64(d), -itemPower))
		}
	}
	return scales
}

// multiply gives AᵀA q, panel by panel.
func (f *Factors) multiply(ctx context.Context, p *Population, q []float32) ([]float32, error) {
	z := make([]float32, len(q))
	parallel(f.Dim/panel, func(k int) { f.multiplyPanel(ctx, p, q, z, k*panel) })
	return z, ctx.Err()
}

func (f *Factors) multiplyPanel(ctx context.Context, p *Population, q, z []float32, from int) {
	n := len(f.Scales)
	in, out := make([][panel]float32, n), make([][panel]float32, n)
	for i := range in {
		copy(in[i][:], q[i*f.Dim+from:])
		for k := range in[i] {
			in[i][k] *= f.Scales[i]
		}
	}
	for person := range uint32(p.Persons() + 1) { //nolint:gosec // persons fit 32 bits
		if person%4096 == 0 && ctx.Err() != nil {
			return
		}
		row := p.row(person)
		if len(row) == 0 {
			continue
		}
		var sum [panel]float32
		for _, item := range row {
			v := &in[item]
			for k := range sum {
				sum[k] += v[k]
			}
		}
		scale := 1 / float32(len(row))
		for k := range sum {
			sum[k] *= scale
		}
		for _, item := range row {
			v := &out[item]
			for k := range sum {
				v[k] += sum[k]
			}
		}
	}
	for i := range out {
		for k := range out[i] {
			z[i*f.Dim+from+k] = out[i][k] * f.Scales[i]
		}
	}
}

// parallel calls f for 0 to n-1 on all processors.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
