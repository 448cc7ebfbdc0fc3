package index

import (
	"context"
	"runtime"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Evaluate merges the past into the roll of an audience: everybody in the events that it selects, with all their stamps; which
// of them count is decided when somebody asks. Register the audience first, so that nothing that arrives meanwhile is
// missed. It may be repeated, whole or after a part of it was done. An audience that is derived has no roll, and needs none.
func (ix *Index) Evaluate(ctx context.Context, s Standing) error {
	if s.isDerived() {
		return ctx.Err()
	}
	var union roll.Accumulator
	defer union.Reset()
	for _, account := range s.Accounts {
		facets, _, err := ix.selectFacets(ctx, account, &s)
		if err != nil {
			return err
		}
		var pages *pageSet
		if s.URL != nil && len(facets) > 0 {
			if pages, err = ix.selectPages(ctx, account, &s); err != nil {
				return err
			}
		}
		if len(facets) == 0 || pages != nil && len(pages.ids) == 0 {
			continue
		}
		if err := ix.uniteRows(ctx, facets, pages, s.Data, &union); err != nil {
			return parterre.Internalf(err, "unite the rows that a rule selects")
		}
	}
	return ix.write(ctx, s.Roll, &union)
}

// uniteRows finds the events of facets that have the data, on any page when pages is nil. The store shares the rows out among
// the cores, because one facet may have nearly all.
func (ix *Index) uniteRows(
	ctx context.Context, facets []driver.FacetID, pages *pageSet, want parterre.EventData, into *roll.Accumulator,
) error {
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

// selectFacets finds the facets of an ad account that the audience selects, URL and data aside, in ascending order, and of how
// many.
func (ix *Index) selectFacets(ctx context.Context, account parterre.ID, s *Standing) (ids []driver.FacetID, of int, err error) {
	err = ix.d.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
		f, err := decodeFacet(body)
		if err != nil {
			return err
		}
		of++
		if s.Place(&f) {
			ids = append(ids, id)
		}
		return ctx.Err() // a rule may be long: a facet is as much as it may take to stop
	})
	if err != nil {
		return nil, 0, parterre.Internalf(err, "judge the facets of ad account %d", account)
	}
	return ids, of, nil
}
