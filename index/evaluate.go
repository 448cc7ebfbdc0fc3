package index

import (
	"context"
	"runtime"
	"sync"

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
	var tasks []func(context.Context, *roll.Accumulator) error
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
		if len(facets) > 0 && (pages == nil || len(pages.ids) > 0) {
			tasks = append(tasks, ix.rowTask(facets, pages, s.Data))
		}
	}
	union, err := uniteAll(ctx, tasks)
	if err != nil {
		return parterre.Internalf(err, "unite the rows that a rule selects")
	}
	defer union.Reset()
	return ix.write(ctx, s.Roll, union)
}

// uniteAll does the tasks, as many at a time as there are cores, and merges what they find.
func uniteAll(ctx context.Context, tasks []func(context.Context, *roll.Accumulator) error) (*roll.Accumulator, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts := make([]roll.Accumulator, max(1, min(runtime.GOMAXPROCS(0), len(tasks))))
	queue := make(chan func(context.Context, *roll.Accumulator) error, len(tasks))
	for _, t := range tasks {
		queue <- t
	}
	close(queue)
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() {
			for t := range queue {
				if ctx.Err() != nil {
					return
				}
				if err := t(ctx, &parts[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i := range parts[1:] {
		parts[0].Merge(&parts[i+1])
		parts[i+1].Reset()
	}
	return &parts[0], nil
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
