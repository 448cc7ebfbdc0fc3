package index

import (
	"context"
	"math"
	"runtime"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// A derived audience is united from what costs least to read:
//
//   - the rolls of its facets, when it takes any URL, unless they are most facets of the ad account;
//   - the rolls of its pages, when they are few of the ad account;
//   - histories, when most facets or pages will do, and the ad account has most of all facets: a history is in the order in
//     which the last comes first, and most often that one will do.

// many says from which share on things are most of something.
const many = 4

// blocksInPart is how many blocks are united at once, so that they stay near the processor.
const blocksInPart = 4

// selection is what an audience selects in an ad account.
type selection struct {
	facets []driver.FacetID
	pages  *pageSet // nil when any will do
	most   bool     // it takes most facets, or most pages
}

// unite unites the rolls that an audience selects, and calls use for the parts of the union, perhaps of several at the same
// time: each part has all persons of some blocks, and is valid during the call alone.
func (ix *Index) unite(ctx context.Context, s *Standing, use func(part *roll.Accumulator) error) error {
	var selections []selection
	most, few := false, false
	for _, account := range s.Accounts {
		one, err := ix.selectIn(ctx, account, s)
		if err != nil {
			return err
		}
		if len(one.facets) == 0 || one.pages != nil && len(one.pages.ids) == 0 {
			continue
		}
		selections = append(selections, one)
		most = most || one.most
		few = few || one.pages != nil && !one.most
	}
	if len(selections) == 0 {
		return nil
	}
	var err error
	if few && !most {
		err = ix.unitePages(ctx, selections, use)
	} else {
		err = ix.uniteBlocks(ctx, selections, use)
	}
	if err != nil {
		return parterre.Internalf(err, "unite the rolls that a rule selects")
	}
	return nil
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
		one.most = main && many*len(one.facets) >= of
		return one, nil
	}
	one.pages, err = ix.selectPages(ctx, account, s)
	if err == nil {
		one.most = main && len(one.pages.ids) >= one.pages.of/many
	}
	return one, err
}

// unitePages unites the rolls of facets on pages, of all blocks at once.
func (ix *Index) unitePages(ctx context.Context, selections []selection, use func(part *roll.Accumulator) error) error {
	var tasks []func(context.Context, *roll.Accumulator) error
	for i := range selections {
		one := &selections[i]
		if one.pages == nil { // of another ad account, which is united with it
			tasks = append(tasks, func(ctx context.Context, into *roll.Accumulator) error {
				return ix.d.Unite(ctx, facetUnion(one.facets, driver.All()), into)
			})
			continue
		}
		tasks = append(tasks, ix.pageTasks(one.facets, one.pages)...)
	}
	union, err := uniteAll(ctx, tasks)
	if err != nil {
		return err
	}
	defer union.Reset()
	return use(union)
}

// pageTasks unite the rolls of facets on pages.
func (ix *Index) pageTasks(facets []driver.FacetID, pages *pageSet) (tasks []func(context.Context, *roll.Accumulator) error) {
	wanted := history.SetOf(facets)
	var spans []driver.Span
	for _, id := range pages.ids { // from the first wanted facet of a page to the last
		spans = append(spans, driver.Span{
			Least: uint64(id)<<32 | uint64(facets[0]), Most: uint64(id)<<32 | uint64(facets[len(facets)-1]),
		})
	}
	if len(pages.ids) == 1 { // the facets of a page that is often looked for are read by several
		for some := range slices.Chunk(facets, share(len(facets))) {
			s := []driver.Span{{Least: uint64(pages.ids[0])<<32 | uint64(some[0]), Most: uint64(pages.ids[0])<<32 | uint64(some[len(some)-1])}}
			tasks = append(tasks, ix.pageTask(s, &wanted))
		}
		return tasks
	}
	for some := range slices.Chunk(spans, share(len(spans))) {
		tasks = append(tasks, ix.pageTask(some, &wanted))
	}
	return tasks
}

func (ix *Index) pageTask(spans []driver.Span, facets *history.Set) func(context.Context, *roll.Accumulator) error {
	return func(ctx context.Context, into *roll.Accumulator) error {
		return ix.d.Unite(ctx, driver.Union{
			Kind: driver.PageRoll, Spans: spans, Keep: func(a uint64) bool { return facets.Has(uint32(a)) }, Blocks: driver.All(),
		}, into)
	}
}

// share is how many of so many things each core gets.
func share(n int) int { return max(1, (n+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0)) }

// facetUnion are the rolls of ascending facets in some blocks.
func facetUnion(facets []driver.FacetID, blocks driver.Blocks) driver.Union {
	spans := make([]driver.Span, len(facets))
	for i, id := range facets {
		spans[i] = driver.Span{Least: uint64(id), Most: uint64(id)}
	}
	return driver.Union{Kind: driver.FacetRoll, Spans: spans, Keep: func(uint64) bool { return true }, Blocks: blocks}
}

// uniteBlocks unites some blocks after the other, from the rolls of facets or from histories.
func (ix *Index) uniteBlocks(ctx context.Context, selections []selection, use func(part *roll.Accumulator) error) error {
	ix.mu.Lock()
	last := int(roll.Block(ix.mu.tops.Person))
	ix.mu.Unlock()
	var readers []func(context.Context, driver.Blocks, *roll.Accumulator) error
	for i := range selections {
		one := &selections[i]
		if one.pages == nil && !one.most {
			readers = append(readers, func(ctx context.Context, blocks driver.Blocks, into *roll.Accumulator) error {
				return ix.d.Unite(ctx, facetUnion(one.facets, blocks), into)
			})
			continue
		}
		want := &history.Want{Facets: history.SetOf(one.facets), Any: one.pages == nil}
		if one.pages != nil {
			want.Pages = one.pages.set
		}
		readers = append(readers, func(ctx context.Context, blocks driver.Blocks, into *roll.Accumulator) error {
			return ix.d.Last(ctx, blocks, want, into)
		})
	}
	var tasks []func(context.Context, *roll.Accumulator) error
	for first := 0; first <= last; first += blocksInPart {
		blocks := driver.Blocks{First: uint16(first), Last: uint16(min(first+blocksInPart-1, math.MaxUint16))}
		tasks = append(tasks, func(ctx context.Context, into *roll.Accumulator) error {
			defer into.Reset() // nobody else has these blocks
			for _, read := range readers {
				if err := read(ctx, blocks, into); err != nil {
					return err
				}
			}
			return use(into)
		})
	}
	_, err := uniteAll(ctx, tasks)
	return err
}
