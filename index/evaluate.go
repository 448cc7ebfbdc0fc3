package index

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Evaluate merges the past into the roll of an audience: everybody in the rolls that it selects, with all their stamps;
// which of them count is decided when somebody asks. Register the audience first, so that nothing that arrives meanwhile is
// missed. It may be repeated, whole or after a part of it was done.
//
// It reads as little as the rule allows: without conditions on URL and data the rolls of facets; with one on the URL those
// of the facets' pages, of which each URL is judged once; with data, the rows of the facets.
func (ix *Index) Evaluate(ctx context.Context, s Standing) error {
	var tasks []func(context.Context, *roll.Accumulator) error
	for _, account := range s.Accounts {
		facets, err := ix.selectFacets(ctx, account, &s)
		if err != nil {
			return err
		}
		if len(facets) == 0 {
			continue
		}
		var pages *pageSet
		if s.URL != nil {
			if pages, err = ix.selectPages(ctx, account, &s); err != nil {
				return err
			}
			if len(pages.ids) == 0 {
				continue
			}
		}
		switch {
		case s.needsData():
			tasks = append(tasks, ix.rowTask(facets, pages, s.Data))
		case pages != nil:
			tasks = append(tasks, ix.pageTasks(facets, pages)...)
		default:
			tasks = append(tasks, ix.facetTasks(facets)...)
		}
	}
	union, err := uniteAll(ctx, tasks)
	if err != nil {
		return parterre.Internalf(err, "unite the rolls that a rule selects")
	}
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
	}
	return &parts[0], nil
}

// selectFacets finds the facets of an ad account that the audience selects, URL and data aside.
func (ix *Index) selectFacets(ctx context.Context, account parterre.ID, s *Standing) (ids []driver.FacetID, err error) {
	err = ix.d.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
		f, err := decodeFacet(body)
		if err == nil && s.Place(&f) {
			ids = append(ids, id)
		}
		if err != nil {
			return err
		}
		return ctx.Err() // a rule may be long: a facet is as much as it may take to stop
	})
	if err != nil {
		return nil, parterre.Internalf(err, "judge the facets of ad account %d", account)
	}
	return ids, nil
}

// pageSet are the pages whose URLs will do.
type pageSet struct {
	ids  []driver.PageID // ascending
	of   int             // how many there were to choose from
	bits []uint64        // the same, from the first on
}

func (p *pageSet) has(id uint32) bool {
	n := uint64(id) - uint64(p.ids[0])
	return n>>6 < uint64(len(p.bits)) && p.bits[n>>6]&(1<<(n&63)) != 0
}

// selectPages judges every URL of an ad account once.
func (ix *Index) selectPages(ctx context.Context, account parterre.ID, s *Standing) (*pageSet, error) {
	p := &pageSet{}
	var err error
	if len(s.URLs) > 0 {
		err = ix.listedPages(ctx, account, s, p)
	} else {
		err = ix.d.ScanPages(ctx, account, func(id driver.PageID, url []byte) error {
			p.of++
			if s.URL(string(url)) {
				p.ids = append(p.ids, id)
			}
			return ctx.Err()
		})
	}
	if err != nil {
		return nil, parterre.Internalf(err, "judge the URLs of ad account %d", account)
	}
	if len(p.ids) > 0 {
		p.bits = make([]uint64, (uint64(p.ids[len(p.ids)-1])-uint64(p.ids[0]))/64+1)
		for _, id := range p.ids {
			n := uint64(id) - uint64(p.ids[0])
			p.bits[n>>6] |= 1 << (n & 63)
		}
	}
	return p, nil
}

// listedPages looks the URLs up that a rule lists.
func (ix *Index) listedPages(ctx context.Context, account parterre.ID, s *Standing, p *pageSet) error {
	var keys []driver.PageKey
	for _, url := range s.URLs {
		if s.URL(url) { // another operator may refuse it
			keys = append(keys, pageName{account, url}.key())
		}
	}
	ids, err := ix.d.Pages(ctx, keys)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if id != 0 {
			p.ids = append(p.ids, id)
		}
	}
	p.of = math.MaxInt // each is looked for
	return nil
}

// facetTasks unite the rolls of facets.
func (ix *Index) facetTasks(facets []driver.FacetID) (tasks []func(context.Context, *roll.Accumulator) error) {
	for _, id := range facets {
		span := []driver.Span{{Least: uint64(id), Most: uint64(id)}}
		tasks = append(tasks, func(ctx context.Context, into *roll.Accumulator) error {
			return ix.d.Unite(ctx, driver.FacetRoll, span, func(uint64) bool { return true }, into)
		})
	}
	return tasks
}

// many says from which share of the pages on all are gone through, and not looked for one by one.
const many = 8

// pageTasks unite the rolls of facets on pages.
func (ix *Index) pageTasks(facets []driver.FacetID, pages *pageSet) (tasks []func(context.Context, *roll.Accumulator) error) {
	wanted := make([]bool, slices.Max(facets)+1)
	for _, id := range facets {
		wanted[id] = true
	}
	keep := func(a uint64) bool {
		facet := uint32(a)
		return uint64(facet) < uint64(len(wanted)) && wanted[facet] && pages.has(uint32(a>>32))
	}
	var spans []driver.Span
	if len(pages.ids) < pages.of/many {
		for _, id := range pages.ids {
			spans = append(spans, driver.Span{Least: uint64(id) << 32, Most: uint64(id)<<32 | math.MaxUint32})
		}
	} else { // pieces of about equal length
		for part := range slices.Chunk(pages.ids, max(1, len(pages.ids)/(8*runtime.GOMAXPROCS(0)))) {
			spans = append(spans, driver.Span{Least: uint64(part[0]) << 32, Most: uint64(part[len(part)-1])<<32 | math.MaxUint32})
		}
	}
	for some := range slices.Chunk(spans, max(1, (len(spans)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))) {
		tasks = append(tasks, func(ctx context.Context, into *roll.Accumulator) error {
			return ix.d.Unite(ctx, driver.PageRoll, some, keep, into)
		})
	}
	return tasks
}
