package index

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// A derived audience is united from what costs least to read:
//
//   - the rolls of its facets, when it takes any URL, unless they are very many, and most facets of the ad account;
//   - the rolls of its pages, when they are few of the ad account;
//   - histories, when most facets or pages will do, and the ad account has most of all facets: a history is in the order in
//     which the last comes first, and most often that one will do.

// many says from which share on things are most of something.
const many = 4

// usuallyVeryMany is how many facets cost as much as histories: a facet has a value of its own in each block, which most often has
// few persons then.
const usuallyVeryMany = 512

// blocksInPart is how many blocks are united at once, so that no core is left without any before the others.
const blocksInPart = 8

// selection is what an audience selects in an ad account.
type selection struct {
	facets []driver.FacetID
	pages  *pageSet // nil when any will do
	most   bool     // it takes most facets, or most pages
}

// unite finds who is in the rolls that an audience selects, with a stamp that is since or later.
func (ix *Index) unite(ctx context.Context, s *Standing, since parterre.Stamp) (*roll.Crowd, error) {
	var selections []selection
	most, few := false, false
	for _, account := range s.Accounts {
		one, err := ix.selectIn(ctx, account, s)
		if err != nil {
			return nil, err
		}
		if len(one.facets) == 0 || one.pages != nil && len(one.pages.ids) == 0 {
			continue
		}
		selections = append(selections, one)
		most = most || one.most
		few = few || one.pages != nil && !one.most
	}
	var tasks []uniteTask
	if few && !most {
		tasks = ix.pagesTasks(selections)
	} else if len(selections) > 0 {
		tasks = ix.blocksTasks(selections)
	}
	crowd, err := uniteAll(ctx, tasks, since)
	if err != nil {
		return nil, parterre.Internalf(err, "unite the rolls that a rule selects")
	}
	return crowd, nil
}

// uniteTask adds a part of a union.
type uniteTask func(ctx context.Context, into *roll.Crowd) error

// uniteAll does the tasks, as many at a time as there are cores.
func uniteAll(ctx context.Context, tasks []uniteTask, since parterre.Stamp) (*roll.Crowd, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	crowds := make([]*roll.Crowd, max(1, min(runtime.GOMAXPROCS(0), len(tasks))))
	var next atomic.Int64
	var all sync.WaitGroup
	for i := range crowds {
		crowds[i] = roll.NewCrowd(since)
		all.Go(func() {
			for at := next.Add(1) - 1; at < int64(len(tasks)) && ctx.Err() == nil; at = next.Add(1) - 1 {
				if err := tasks[at](ctx, crowds[i]); err != nil {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for _, c := range crowds[1:] {
		crowds[0].Merge(c)
		c.Free()
	}
	return crowds[0], nil
}

func (ix *Index) selectIn(ctx context.Context, account parterre.ID, s *Standing) (one selection, err error) {
	facets, of, err := ix.selectFacets(ctx, account, s)
	if err != nil || len(facets) == 0 {
		return one, err
	}
	one.facets = facets
	ix.mu.Lock()
	main := many*of >= int(ix.mu.tops.Facet) // histories are of all ad accounts
	ix.mu.Unlock()
	if s.URL == nil {
		one.most = main && len(one.facets) >= ix.veryMany && many*len(one.facets) >= of
		return one, nil
	}
	one.pages, err = ix.selectPages(ctx, account, s)
	if err == nil {
		one.most = main && len(one.pages.ids) >= one.pages.of/many
	}
	return one, err
}

// pagesTasks unite the rolls of facets on pages, of all blocks at once.
func (ix *Index) pagesTasks(selections []selection) (tasks []uniteTask) {
	for i := range selections {
		one := &selections[i]
		if one.pages == nil { // of another ad account, which is united with it
			tasks = append(tasks, func(ctx context.Context, into *roll.Crowd) error {
				return ix.d.Unite(ctx, facetUnion(one.facets, driver.All()), into)
			})
			continue
		}
		tasks = append(tasks, ix.pageTasks(one.facets, one.pages)...)
	}
	return tasks
}

// pageTasks unite the rolls of facets on pages.
func (ix *Index) pageTasks(facets []driver.FacetID, pages *pageSet) (tasks []uniteTask) {
	wanted := history.SetOf(facets)
	var spans []driver.Span
	for _, id := range pages.ids { // from the first wanted facet of a page to the last
		spans = append(spans, driver.Span{
			Least: uint64(id)<<32 | uint64(facets[0]), Most: uint64(id)<<32 | uint64(facets[len(facets)-1]),
		})
	}
	if len(pages.ids) == 1 { // the facets of a page that is often looked for are read by several
		spans = facetUnion(facets, driver.All()).Spans
		for i := range spans {
			spans[i].Least |= uint64(pages.ids[0]) << 32
			spans[i].Most |= uint64(pages.ids[0]) << 32
		}
	}
	for _, some := range dealt(spans, tasksEach*runtime.GOMAXPROCS(0)) {
		tasks = append(tasks, ix.pageTask(some, &wanted))
	}
	return tasks
}

// dealt deals things out to so many as cards are dealt: what came first, and has most persons for that, does not go to one.
func dealt[T any](all []T, among int) [][]T {
	parts := make([][]T, min(among, len(all)))
	for i, one := range all {
		parts[i%len(parts)] = append(parts[i%len(parts)], one)
	}
	return parts
}

func (ix *Index) pageTask(spans []driver.Span, facets *history.Set) uniteTask {
	return func(ctx context.Context, into *roll.Crowd) error {
		return ix.d.Unite(ctx, driver.Union{
			Kind: driver.PageRoll, Spans: spans, Keep: func(a uint64) bool { return facets.Has(uint32(a)) }, Blocks: driver.All(),
		}, into)
	}
}

// tasksEach is how many tasks there are for each core: their sizes differ.
const tasksEach = 4

// facetUnion are the rolls of ascending facets in some blocks.
func facetUnion(facets []driver.FacetID, blocks driver.Blocks) driver.Union {
	spans := make([]driver.Span, len(facets))
	for i, id := range facets {
		spans[i] = driver.Span{Least: uint64(id), Most: uint64(id)}
	}
	return driver.Union{Kind: driver.FacetRoll, Spans: spans, Keep: func(uint64) bool { return true }, Blocks: blocks}
}

// blocksTasks unite some blocks after the other, from the rolls of facets or from histories.
func (ix *Index) blocksTasks(selections []selection) (tasks []uniteTask) {
	ix.mu.Lock()
	last := int(roll.Block(ix.mu.tops.Person))
	ix.mu.Unlock()
	var readers []func(context.Context, driver.Blocks, *roll.Crowd) error
	for i := range selections {
		one := &selections[i]
		if one.pages == nil && !one.most {
			readers = append(readers, func(ctx context.Context, blocks driver.Blocks, into *roll.Crowd) error {
				return ix.d.Unite(ctx, facetUnion(one.facets, blocks), into)
			})
			continue
		}
		want := &history.Want{Facets: history.SetOf(one.facets), Any: one.pages == nil}
		if one.pages != nil {
			want.Pages = one.pages.set
		}
		readers = append(readers, func(ctx context.Context, blocks driver.Blocks, into *roll.Crowd) error {
			return ix.d.Last(ctx, blocks, want, into)
		})
	}
	for first := 0; first <= last; first += blocksInPart {
		blocks := driver.Blocks{First: uint16(first), Last: uint16(min(first+blocksInPart-1, math.MaxUint16))}
		tasks = append(tasks, func(ctx context.Context, into *roll.Crowd) error {
			for _, read := range readers {
				if err := read(ctx, blocks, into); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return tasks
}
