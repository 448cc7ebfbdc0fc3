package actalike

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

var (
	errTooLarge = errors.New("the population has more than 2^32 engagements")
	errThin     = errors.New("the population has fewer dimensions than factors")
)

// stripe is how many rows of a tall matrix one goroutine adds up at a time; sums of stripes are added in their order.
const stripe = 4096

// gram is aᵀb for tall matrices of dim columns, made symmetric.
func gram(a, b []float32, dim int) []float64 {
	n := len(a) / dim
	g := make([]float64, dim*dim)
	parallel(dim/panel, func(block int) {
		rows := g[block*panel*dim : (block+1)*panel*dim]
		part := make([]float32, len(rows))
		for first := 0; first < n; first += stripe {
			clear(part)
			for i := first; i < min(first+stripe, n); i++ {
				left, right := a[i*dim+block*panel:i*dim+(block+1)*panel], b[i*dim:(i+1)*dim]
				for k, x := range left {
					row := part[k*dim : (k+1)*dim]
					for l, y := range right {
						row[l] += x * y
					}
				}
			}
			for k, v := range part {
				rows[k] += float64(v)
			}
		}
	})
	for i := range dim {
		for j := range i {
			m := (g[i*dim+j] + g[j*dim+i]) / 2
			g[i*dim+j], g[j*dim+i] = m, m
		}
	}
	return g
}

// orthogonal turns the columns of a tall matrix into orthonormal ones that span the same space.
func orthogonal(z []float32, dim int) ([]float32, error) {
	g := gram(z, z, dim)
	mean := 0.0
	for i := range dim {
		mean += g[i*dim+i] / float64(dim)
	}
	for i := range dim { // the Cholesky factor L, in place
		for j := 0; j <= i; j++ {
			sum := g[i*dim+j]
			for k := range j {
				sum -= g[i*dim+k] * g[j*dim+k]
			}
			if i != j {
				g[i*dim+j] = sum / g[j*dim+j]
				continue
			}
			if !(sum > 1e-12*mean) { // also when it is no number
				return nil, errThin
			}
			g[i*dim+i] = math.Sqrt(sum)
		}
	}
	inverse := make([]float64, dim*dim) // of Lᵀ, upper triangular
	for j := range dim {
		for i := j; i >= 0; i-- {
			sum := 0.0
			if i == j {
				sum = 1
			}
			for k := i + 1; k <= j; k++ {
				sum -= g[k*dim+i] * inverse[k*dim+j]
			}
			inverse[i*dim+j] = sum / g[i*dim+i]
		}
	}
	return rotate(z, inverse, dim), nil
}

// rotate is z·m, m being dim by dim.
func rotate(z []float32, m []float64, dim int) []float32 {
	small := make([]float32, len(m))
	for i, v := range m {
		small[i] = float32(v)
	}
	out := make([]float32, len(z))
	n := len(z) / dim
	parallel((n+stripe-1)/stripe, func(s int) {
		for i := s * stripe; i < min((s+1)*stripe, n); i++ {
			to := out[i*dim : (i+1)*dim]
			for k, x := range z[i*dim : (i+1)*dim] {
				if x == 0 {
					continue
				}
				for l, y := range small[k*dim : (k+1)*dim] {
					to[l] += x * y
				}
			}
		}
	})
	return out
}

// eigen gives the eigenvalues of a symmetric matrix, descending, and its eigenvectors as columns, by Jacobi's rotations.
func eigen(a []float64, n int) (values, vectors []float64) {
	v := make([]float64, n*n)
	for i := range n {
		v[i*n+i] = 1
	}
	for range 30 {
		off, all := 0.0, 0.0
		for i := range n {
			for j := range n {
				all += a[i*n+j] * a[i*n+j]
				if i != j {
					off += a[i*n+j] * a[i*n+j]
				}
			}
		}
		if off <= 1e-16*all {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				jacobi(a, v, n, p, q)
			}
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(a[y*n+y], a[x*n+x]) })
	values, vectors = make([]float64, n), make([]float64, n*n)
	for to, from := range order {
		values[to] = a[from*n+from]
		for i := range n {
			vectors[i*n+to] = v[from*n+i]
		}
	}
	return values, vectors
}

// jacobi makes a[p,q] zero. The rows of v are the eigenvectors so far.
func jacobi(a, v []float64, n, p, q int) {
	apq := a[p*n+q]
	if math.Abs(apq) <= 1e-12*math.Sqrt(math.Abs(a[p*n+p]*a[q*n+q])) {
		return
	}
	theta := (a[q*n+q] - a[p*n+p]) / (2 * apq)
	t := math.Copysign(1, theta) / (math.Abs(theta) + math.Sqrt(theta*theta+1))
	c := 1 / math.Sqrt(t*t+1)
	s := t * c
	turn := func(x, y []float64) {
		for k := range x {
			x[k], y[k] = c*x[k]-s*y[k], s*x[k]+c*y[k]
		}
	}
	turn(a[p*n:(p+1)*n], a[q*n:(q+1)*n])
	for k := range n {
		x, y := a[k*n+p], a[k*n+q]
		a[k*n+p], a[k*n+q] = c*x-s*y, s*x+c*y
	}
	turn(v[p*n:(p+1)*n], v[q*n:(q+1)*n])
}
