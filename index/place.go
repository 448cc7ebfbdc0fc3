package index

import (
	"context"
	"crypto/sha256"
	"math"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// place is what a facet says beside its URL and data: what rollups are made of.
type place struct {
	Kind              parterre.FacetKind
	Account, Tag      parterre.ID
	Name              string
	Source            parterre.EventSource
	Ingestion         parterre.IngestionSource
	Type              parterre.EngagementType
	Pin, Ad, Campaign parterre.ID
	Objective, Domain string
}

func placeOfFacet(f *parterre.Facet) place {
	return place{
		f.Kind, f.Account, f.Tag, f.Name, f.Source, f.Ingestion, f.Type, f.Pin, f.Ad, f.Campaign, f.Objective, f.Domain,
	}
}

// facet is the place as a facet without URL and data.
func (p *place) facet() parterre.Facet {
	return parterre.Facet{
		Kind: p.Kind, Account: p.Account, Tag: p.Tag, Name: p.Name, Source: p.Source, Ingestion: p.Ingestion,
		Type: p.Type, Pin: p.Pin, Ad: p.Ad, Campaign: p.Campaign, Objective: p.Objective, Domain: p.Domain,
	}
}

// isOf says whether this is the place of a facet. What differs most often is compared first.
func (p *place) isOf(f *parterre.Facet) bool {
	return p.Name == f.Name && p.Source == f.Source && p.Ingestion == f.Ingestion && p.Tag == f.Tag && p.Account == f.Account &&
		p.Kind == f.Kind && p.Type == f.Type && p.Pin == f.Pin && p.Ad == f.Ad && p.Campaign == f.Campaign &&
		p.Objective == f.Objective && p.Domain == f.Domain
}

// facetEntry is what is known of a place. The number is 0 until it is known.
type facetEntry struct {
	id    driver.FacetID
	place place
	group // the audiences that take any URL
}

// pageName is a URL in an ad account.
type pageName struct {
	account parterre.ID
	url     string
}

// pageEntry is what is known of a page.
type pageEntry struct {
	id     driver.PageID
	name   pageName
	judged uint64      // the registration up to which audiences were judged
	suit   []*standing // those that ask for a URL and may have this one, in the order of their registrations
}

func (n pageName) key() driver.PageKey {
	sum := sha256.Sum256([]byte(n.url))
	return driver.PageKey{Account: n.account, Digest: [16]byte(sum[:16])}
}

// cellKey is a facet on a page.
type cellKey struct {
	facet *facetEntry
	page  *pageEntry
}

// facetLocked finds or makes the entry of a facet. Most events of a request have one of a few facets, which are found among the
// recent ones of the request.
func (ix *Index) facetLocked(f *parterre.Facet, recent *recentFacets) *facetEntry {
	if e := recent.find(f); e != nil {
		return e
	}
	p := placeOfFacet(f)
	e, found := ix.mu.facets.get(p)
	if !found {
		e = &facetEntry{place: p}
		ix.mu.facets.put(p, e)
	}
	recent.add(e)
	return e
}

// recentFacets are some that were seen, those that come often in front.
type recentFacets struct {
	list [16]*facetEntry
	n    int
}

func (r *recentFacets) find(f *parterre.Facet) *facetEntry {
	for i, e := range r.list[:r.n] {
		if e.place.isOf(f) {
			if i > 0 {
				r.list[i-1], r.list[i] = e, r.list[i-1]
			}
			return e
		}
	}
	return nil
}

func (r *recentFacets) add(e *facetEntry) {
	r.n = min(r.n+1, len(r.list))
	r.list[r.n-1] = e
}

// pageLocked finds or makes the entry of a page.
func (ix *Index) pageLocked(f *parterre.Facet) *pageEntry {
	name := pageName{f.Account, f.URL}
	e, found := ix.mu.pages.get(name)
	if !found {
		name.url = string([]byte(name.url)) // not a part of a request's body
		e = &pageEntry{name: name}
		ix.mu.pages.put(name, e)
	}
	return e
}

// numberLocked finds the numbers of the facets and pages of cells, and gives numbers to those that are new. The entries get
// theirs when settle is called, after the change was made.
func (c *change) numberLocked(ctx context.Context, cells []*cell) (settle func(), err error) {
	facets, pages := map[*facetEntry]driver.FacetID{}, map[*pageEntry]driver.PageID{}
	var newFacets []*facetEntry
	var newPages []*pageEntry
	for _, at := range cells {
		if at == nil {
			continue
		}
		if _, seen := facets[at.facet]; !seen && at.facet.id == 0 {
			facets[at.facet] = 0
			newFacets = append(newFacets, at.facet)
		}
		if _, seen := pages[at.page]; !seen && at.page.id == 0 {
			pages[at.page] = 0
			newPages = append(newPages, at.page)
		}
	}
	if uint64(c.tops.Facet)+uint64(len(newFacets)) > math.MaxUint32 || uint64(c.tops.Page)+uint64(len(newPages)) > math.MaxUint32 {
		return nil, parterre.Errorf(parterre.Unavailable, "There is no room for more facets: 2^32 - 1 are the most")
	}
	if err := c.numberFacets(ctx, newFacets, facets); err != nil {
		return nil, err
	}
	if err := c.numberPages(ctx, newPages, pages); err != nil {
		return nil, err
	}
	c.facetIDs, c.pageIDs = facets, pages
	return func() {
		for e, id := range facets {
			e.id = id
		}
		for e, id := range pages {
			e.id = id
		}
	}, nil
}

func (c *change) numberFacets(ctx context.Context, entries []*facetEntry, into map[*facetEntry]driver.FacetID) error {
	keys, bodies := make([]driver.FacetKey, len(entries)), make([][]byte, len(entries))
	for i, e := range entries {
		f := e.place.facet()
		bodies[i] = encodeFacet(nil, &f)
		keys[i] = facetKey(f.Account, bodies[i])
	}
	stored, err := c.ix.d.Facets(ctx, keys)
	if err != nil {
		return parterre.Internalf(err, "look facets up")
	}
	given := map[driver.FacetKey]driver.FacetID{} // two entries may be of one facet
	for i, e := range entries {
		id := max(stored[i], given[keys[i]])
		if id == 0 {
			c.tops.Facet++
			id = c.tops.Facet
			given[keys[i]] = id
			c.writes.Facets = append(c.writes.Facets, driver.Facet{Key: keys[i], ID: id, Body: bodies[i]})
		}
		into[e] = id
	}
	return nil
}

func (c *change) numberPages(ctx context.Context, entries []*pageEntry, into map[*pageEntry]driver.PageID) error {
	keys := make([]driver.PageKey, len(entries))
	for i, e := range entries {
		keys[i] = e.name.key()
	}
	stored, err := c.ix.d.Pages(ctx, keys)
	if err != nil {
		return parterre.Internalf(err, "look pages up")
	}
	given := map[driver.PageKey]driver.PageID{}
	for i, e := range entries {
		id := max(stored[i], given[keys[i]])
		if id == 0 {
			c.tops.Page++
			id = c.tops.Page
			given[keys[i]] = id
			c.writes.Pages = append(c.writes.Pages, driver.Page{Key: keys[i], ID: id, URL: e.name.url})
		}
		into[e] = id
	}
	return nil
}

// ids are the numbers of a cell.
func (c *change) ids(at *cell) (driver.FacetID, driver.PageID) {
	facet, page := at.facet.id, at.page.id
	if facet == 0 {
		facet = c.facetIDs[at.facet]
	}
	if page == 0 {
		page = c.pageIDs[at.page]
	}
	return facet, page
}
