package index

// SetFacetCacheSize sets how many facets each half of the cache holds.
func (ix *Index) SetFacetCacheSize(n int) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.mu.facets.size = n
}
