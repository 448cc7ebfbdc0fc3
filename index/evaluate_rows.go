package index

import (
	"context"
	"runtime"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// rowTask finds the events of facets that have the data, on any page when pages is nil. It is one task for all of them: the
// store shares the rows out among the cores, because one facet may have nearly all.
func (ix *Index) rowTask(
	facets []driver.FacetID, pages *pageSet, want parterre.EventData,
) func(context.Context, *roll.Accumulator) error {
	return func(ctx context.Context, into *roll.Accumulator) error {
		parts := make([]roll.Accumulator, runtime.GOMAXPROCS(0))
		yields := make([]driver.YieldRow, len(parts))
		for i := range parts {
			yields[i] = func(person parterre.PersonID, stamp parterre.Stamp, page uint32) {
				if pages == nil || pages.set.Has(page) {
					parts[i].AddPerson(person, stamp)
				}
			}
		}
		if err := ix.d.Rows(ctx, facets, want, yields); err != nil {
			return err
		}
		for i := range parts {
			into.Merge(&parts[i])
			parts[i].Reset()
		}
		return nil
	}
}
