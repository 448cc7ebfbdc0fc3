package index

// SetFacetCacheSize sets how much each half of the caches holds.
func (ix *Index) SetFacetCacheSize(n int) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.mu.facets.size, ix.mu.pages.size, ix.mu.cells.size = n, n, n
	ix.derived.mu.Lock()
	defer ix.derived.mu.Unlock()
	ix.derived.setSizes(n, n, n)
	ix.histories.init(n)
	ix.identities.init(int64(n) * identityBytes)
}

// SetVeryMany sets how many facets are so many that histories are read. Nobody may ask for anything meanwhile.
func (ix *Index) SetVeryMany(n int) { ix.veryMany = n }
