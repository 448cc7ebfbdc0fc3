package index

// usualMemory is about what the caches take together at their usual sizes. Of that the identifiers take a quarter, the cells and
// the pages of events and of look-ups three sixteenths each, and URLs, holdings and histories an eighth each.
const usualMemory = 512 << 20

// The sizes of the caches' halves when they may take the usual memory, in entries.
const (
	facetCacheSize  = 1 << 14
	pageCacheSize   = 3 << 14
	cellCacheSize   = 3 << 16
	usuallyHeld     = 4 << 20   // stamps in the tables of holdings
	usualLinesHeld  = 1 << 20   // lines of histories, in a half
	usualSites      = 64 << 20  // bytes of the URLs that rules are judged on
	usualIdentities = 128 << 20 // bytes
)

// usualURL is how long a URL may be that takes no more than its entry should, in bytes: a longer one counts as several.
const usualURL = 256

// weightOfURL is what a page counts.
func weightOfURL(url string) int { return 1 + len(url)/usualURL }

// shareOut gives each cache its part of the memory; the usual sizes when it is 0.
func (ix *Index) shareOut(memory int64) {
	size := func(usual int) int {
		if memory <= 0 {
			return usual
		}
		return max(1<<8, int(float64(usual)*float64(memory)/usualMemory))
	}
	ix.mu.pages.weigh = func(e *pageEntry) int { return weightOfURL(e.name.url) }
	ix.derived.pages.weigh = func(p *derivedPage) int { return weightOfURL(p.url) }
	ix.mu.facets.size, ix.mu.pages.size, ix.mu.cells.size = size(facetCacheSize), size(pageCacheSize), size(cellCacheSize)
	ix.identities.init(int64(size(usualIdentities)))
	ix.holdings.most = size(usuallyHeld)
	ix.histories.init(size(usualLinesHeld))
	ix.derived.setSizes(size(facetCacheSize), size(pageCacheSize), size(cellCacheSize))
	ix.sites.most = size(usualSites)
}
