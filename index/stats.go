package index

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Stats is what the index tells of itself, as it is at one moment.
type Stats struct {
	Persons  int // numbers that were given out
	Facets   int // likewise
	Pages    int // likewise
	Standing int // audiences that stand, with a roll or derived
	Caches   []CacheStats
	Store    driver.Stats // zero when the driver does not tell
}

// CacheStats is how a cache has served since the index was opened.
type CacheStats struct {
	Name         string
	Entries      int
	Hits, Misses uint64
}

// Stats tells of the index. It waits for a change that is being put together, and for no disk.
func (ix *Index) Stats() Stats {
	var s Stats
	ix.mu.Lock()
	s.Persons, s.Facets, s.Pages = int(ix.mu.tops.Person), int(ix.mu.tops.Facet), int(ix.mu.tops.Page)
	s.Standing = len(ix.mu.rolls)
	s.Caches = append(s.Caches, ix.mu.facets.stats("facets"), ix.mu.pages.stats("pages"), ix.mu.cells.stats("cells"))
	ix.mu.Unlock()
	ix.derived.mu.Lock()
	s.Standing += len(ix.derived.rolls)
	s.Caches = append(s.Caches, ix.derived.facets.stats("derived_facets"), ix.derived.pages.stats("derived_pages"), ix.derived.cells.stats("derived_cells"))
	ix.derived.mu.Unlock()
	s.Caches = append(s.Caches, ix.identities.stats(), ix.holdings.stats(), ix.histories.stats())
	if d, is := ix.d.(driver.Measured); is {
		s.Store = d.Stats()
	}
	return s
}

// stats tells of a cache; the caller holds its lock.
func (c *cache[K, V]) stats(name string) CacheStats {
	return CacheStats{Name: name, Entries: c.len(), Hits: c.hits, Misses: c.misses}
}

func (h *holdings) stats() CacheStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return CacheStats{Name: "holdings", Entries: h.mu.held, Hits: h.mu.hits, Misses: h.mu.misses}
}

// Usage says how many bytes on the disk hold what, about, by name; nil when the driver does not tell.
func (ix *Index) Usage() (map[string]int64, error) {
	d, is := ix.d.(driver.Measured)
	if !is {
		return nil, nil
	}
	used, err := d.Usage()
	if err != nil {
		return nil, parterre.Internalf(err, "estimate the size of the index")
	}
	return used, nil
}

// Extent counts the facets and the pages of an ad account. It goes through all of them.
func (ix *Index) Extent(ctx context.Context, account parterre.ID) (facets, pages int, err error) {
	err = ix.d.ScanFacets(ctx, account, func(driver.FacetID, []byte) error { facets++; return nil })
	if err == nil {
		err = ix.d.ScanPages(ctx, account, 0, func(driver.PageID, []byte) error { pages++; return nil })
	}
	if err != nil {
		return 0, 0, parterre.Internalf(err, "count the facets of an ad account")
	}
	return facets, pages, nil
}

// CountAllEvents counts the different events of an ad account, on all days. It is an estimate, as that of CountEvents.
func (ix *Index) CountAllEvents(ctx context.Context, account parterre.ID) (int, error) {
	var total sketch
	err := ix.d.Chunks(ctx, countRoll(account), func(_ uint16, c roll.Chunk) error {
		for i := range c.Len() {
			register, stamp := c.At(i)
			register %= registers
			total[register] = max(total[register], uint8(min(stamp, highestRank)))
		}
		return nil
	})
	if err != nil {
		return 0, parterre.Internalf(err, "count the events of an ad account")
	}
	return total.estimate(), nil
}
