package row_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/row"
)

// checkouts are rows of three fields and two items of two.
func checkouts(r *rand.Rand, from, n int) []row.Row {
	rows := make([]row.Row, n)
	for i := range rows {
		rows[i] = row.Row{Person: parterre.PersonID(r.IntN(10_000_000)), Stamp: parterre.Stamp(r.IntN(90 * 86400)), Page: r.Uint32N(20_000)}
		rows[i].Data.Fields = []parterre.Datum{
			{Name: "currency", Value: "EUR"},
			{Name: "order_id", Value: fmt.Sprint("order-", from+i)},
			{Name: "value", Value: fmt.Sprintf("%d.%02d", r.IntN(600), r.IntN(100))},
		}
		for range 2 {
			rows[i].Data.Items = append(rows[i].Data.Items, []parterre.Datum{
				{Name: "id", Value: fmt.Sprint("product-", r.IntN(2000))}, {Name: "quantity", Value: strconv.Itoa(1 + r.IntN(3))},
			})
		}
	}
	return rows
}

func BenchmarkOf(b *testing.B) {
	rows := checkouts(rand.New(rand.NewPCG(1, 1)), 0, 2048)
	b.ReportAllocs()
	for b.Loop() {
		row.Of(rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rows)), "ns/row")
}

func BenchmarkMerge(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var blocks []*row.Block
	for i := range 32 {
		blocks = append(blocks, row.Of(checkouts(r, i*2048, 2048)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := row.Merge(blocks); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(32*2048), "ns/row")
}
