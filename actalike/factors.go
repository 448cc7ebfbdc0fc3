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
// many there are. Within it eight are added at a time, in registers.
const panel = 32

// lanes are the numbers of an item in one panel.
type lanes [panel / 8][8]float32

// Factors are the top right singular vectors and values of the scaled matrix of persons by items.
type Factors struct {
	Dim     int
	Vectors []float32 // those of an item are Dim numbers in a row
	Values  []float64 // descending
}

// rounds is how often the subspace is multiplied by the matrix: five rounds leave less than a thousandth of the recall to win.
const rounds = 5

// subspace is the work on the factors of a population: subspace iteration on AᵀA, from a random beginning (Halko, Martinsson
// and Tropp, SIAM Review 53, 2011), orthogonalised by Cholesky, with a Rayleigh-Ritz step at the end. Between two rounds, the
// vectors are all there is. What it works in is used again for the next population of the same items.
type subspace struct {
	p       *Population
	dim     int
	rounds  int       // that were made
	vectors []float32 // of each item, dim numbers in a row
	scales  []float32 // of each item
	product []float32
	spare   chan *[2][]lanes // what a goroutine works on a panel in
}

func newSubspace(items, dim int) *subspace {
	s := &subspace{dim: dim, product: make([]float32, items*dim), spare: make(chan *[2][]lanes, runtime.GOMAXPROCS(0))}
	for range cap(s.spare) {
		s.spare <- &[2][]lanes{make([]lanes, items), make([]lanes, items)}
	}
	return s
}

func (s *subspace) begin(p *Population, seed uint64) {
	s.p, s.rounds, s.scales = p, 0, itemScales(p)
	if s.vectors == nil {
		s.vectors = make([]float32, len(s.product))
	}
	r := rand.New(rand.NewPCG(seed, 0x5eed)) //nolint:gosec // no secret
	for i := range s.vectors {
		s.vectors[i] = float32(r.NormFloat64())
	}
}

func (s *subspace) done() bool { return s.rounds == rounds }

// round multiplies the vectors by AᵀA and makes them orthonormal.
func (s *subspace) round(ctx context.Context) error {
	if err := s.multiply(ctx); err != nil {
		return err
	}
	s.rounds++
	for range 1 + s.rounds/rounds { // in float32, once is not enough for vectors that are orthonormal at the end
		if err := orthogonal(s.product, s.dim); err != nil {
			return err
		}
	}
	s.vectors, s.product = s.product, s.vectors
	return nil
}

// factors turns the vectors so that each is a singular one, and gives them away.
func (s *subspace) factors(ctx context.Context) (*Factors, error) {
	if err := s.multiply(ctx); err != nil {
		return nil, err
	}
	values, turn := eigen(gram(s.vectors, s.product, s.dim), s.dim)
	f := &Factors{Dim: s.dim, Vectors: s.vectors, Values: make([]float64, s.dim)}
	for k, v := range values {
		f.Values[k] = math.Sqrt(max(v, 0))
	}
	rotate(f.Vectors, turn, s.dim)
	s.vectors = nil
	return f, nil
}

// itemScales are the degrees of the items to the power -itemPower, 0 of an item of nobody.
func itemScales(p *Population) []float32 {
	scales := make([]float32, len(p.degrees))
	for i, d := range p.degrees {
		if d > 0 {
			scales[i] = float32(math.Pow(float64(d), -itemPower))
		}
	}
	return scales
}

// multiply makes the product that of AᵀA and the vectors, panel by panel.
func (s *subspace) multiply(ctx context.Context) error {
	parallel(s.dim/panel, func(k int) {
		work := <-s.spare
		s.multiplyPanel(ctx, work[0], work[1], k*panel)
		s.spare <- work
	})
	return ctx.Err()
}

func (s *subspace) multiplyPanel(ctx context.Context, in, out []lanes, from int) {
	for i := range in {
		scale := s.scales[i]
		for k, v := range s.vectors[i*s.dim+from : i*s.dim+from+panel] {
			in[i][k/8][k%8] = v * scale
		}
	}
	clear(out)
	for person := range uint32(s.p.Persons() + 1) { //nolint:gosec // persons fit 32 bits
		if person%4096 == 0 && ctx.Err() != nil {
			return
		}
		if row := s.p.row(person); len(row) > 0 {
			for part := range panel / 8 {
				throughPerson(row, in, out, part)
			}
		}
	}
	for i := range out {
		scale := s.scales[i]
		for k := range panel {
			s.product[i*s.dim+from+k] = out[i][k/8][k%8] * scale
		}
	}
}

// throughPerson adds the mean of a person's items to each of them.
func throughPerson(row []uint32, in, out []lanes, part int) {
	var a, b, c, d, e, f, g, h float32
	for _, item := range row {
		v := &in[item][part]
		a, b, c, d = a+v[0], b+v[1], c+v[2], d+v[3]
		e, f, g, h = e+v[4], f+v[5], g+v[6], h+v[7]
	}
	scale := 1 / float32(len(row))
	a, b, c, d, e, f, g, h = a*scale, b*scale, c*scale, d*scale, e*scale, f*scale, g*scale, h*scale
	for _, item := range row {
		v := &out[item][part]
		v[0], v[1], v[2], v[3] = v[0]+a, v[1]+b, v[2]+c, v[3]+d
		v[4], v[5], v[6], v[7] = v[4]+e, v[5]+f, v[6]+g, v[7]+h
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
