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

// stripe is how many rows of a tall matrix one goroutine works on at a time; sums of stripes are added in their order.
const stripe = 4096

// gram is aᵀb for tall matrices of dim columns, of which it is known that it is symmetric.
func gram(a, b []float32, dim int) []float64 {
	g := make([]float64, dim*dim)
	parallel(dim/panel, func(block int) { gramPanel(g, a, b, dim, block*panel) })
	for i := range dim {
		for j := range i {
			g[i*dim+j] = g[j*dim+i]
		}
	}
	return g
}

// gramPanel fills a panel of rows from the diagonal on. It takes four rows of the tall matrices at a time.
func gramPanel(g []float64, a, b []float32, dim, from int) {
	width := dim - from
	part := make([]float32, panel*width)
	n := len(a) / dim
	var left, right [4][]float32
	none := make([]float32, dim)
	for first := 0; first < n; first += stripe {
		clear(part)
		for i := first; i < min(first+stripe, n); i += 4 {
			for r := range left {
				left[r], right[r] = none[from:from+panel], none[from:]
				if i+r < n {
					left[r], right[r] = a[(i+r)*dim+from:][:panel], b[(i+r)*dim+from:(i+r+1)*dim]
				}
			}
			for k := range panel {
				addRows(part[k*width:(k+1)*width], left[0][k], left[1][k], left[2][k], left[3][k], &right)
			}
		}
		for k := range panel {
			for l := range width {
				g[(from+k)*dim+from+l] += float64(part[k*width+l])
			}
		}
	}
}

// addRows adds four rows to another, each multiplied by a number.
func addRows(to []float32, a, b, c, d float32, rows *[4][]float32) {
	x, y, z, u := rows[0][:len(to)], rows[1][:len(to)], rows[2][:len(to)], rows[3][:len(to)]
	for l := range to {
		to[l] += a*x[l] + b*y[l] + c*z[l] + d*u[l]
	}
}

// orthogonal turns the columns of a tall matrix, in place, into orthonormal ones that span the same space.
func orthogonal(z []float32, dim int) error {
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
				return errThin
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
	rotate(z, inverse, dim)
	return nil
}

// rotate makes z, in place, z·m, m being dim by dim; dim is a multiple of four. It takes four rows of m at a time, from
// the first column that is not zero: half of an upper triangle is left out.
func rotate(z []float32, m []float64, dim int) {
	small := make([]float32, len(m))
	for i, v := range m {
		small[i] = float32(v)
	}
	first := make([]int, dim)
	for k := range dim {
		first[k] = max(0, slices.IndexFunc(small[k*dim:(k+1)*dim], func(v float32) bool { return v != 0 }))
	}
	n := len(z) / dim
	parallel((n+stripe-1)/stripe, func(s int) {
		out := make([]float32, dim)
		for i := s * stripe; i < min((s+1)*stripe, n); i++ {
			clear(out)
			row := z[i*dim : (i+1)*dim]
			for k := 0; k < dim; k += 4 {
				from := min(first[k], first[k+1], first[k+2], first[k+3])
				rows := [4][]float32{
					small[k*dim+from : (k+1)*dim], small[(k+1)*dim+from : (k+2)*dim],
					small[(k+2)*dim+from : (k+3)*dim], small[(k+3)*dim+from : (k+4)*dim],
				}
				addRows(out[from:], row[k], row[k+1], row[k+2], row[k+3], &rows)
			}
			copy(row, out)
		}
	})
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
