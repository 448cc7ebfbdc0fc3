package index

import (
	"context"
	"errors"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// facetsAtOnce is how many facets are dropped in one change.
const facetsAtOnce = 1000

// errEnough ends a scan that has found what it came for.
var errEnough = errors.New("enough facets")

// DropAccount removes every facet of an ad account, who produced it, the rows of its events, what its conversion tags saw, how
// many events there were and what they came with, for good. The rolls of its pages, and lines of histories, are named by the
// numbers of facets, which are not given again: nobody reads them any more, but they keep their space. What the rolls of
// audiences took over from them stays, and audiences that have none are empty. It is durable when it returns nil; cut short, it may be repeated. An event that is taken in meanwhile is removed
// or stays whole.
func (ix *Index) DropAccount(ctx context.Context, account parterre.ID) error {
	for {
		more, durable, err := ix.dropSome(ctx, account)
		if err != nil {
			return err
		}
		if err := ix.settled(durable); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
}

// dropSome removes some facets of an ad account. More says that there may be others.
func (ix *Index) dropSome(ctx context.Context, account parterre.ID) (more bool, durable func() error, err error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	w := driver.Writes{Drops: append(sampleRolls(account), countRoll(account))} // no facet names them
	err = ix.d.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
		if len(w.Going) == facetsAtOnce {
			return errEnough
		}
		w.Going = append(w.Going, driver.Facet{Key: facetKey(account, body), ID: id})
		w.Drops = append(w.Drops, facetRoll(id))
		f, err := decodeFacet(body)
		if f.Tag != 0 { // dropping what is not there is no harm
			w.Drops = append(w.Drops, firstRoll(f.Tag), lastRoll(f.Tag))
		}
		return err
	})
	if err != nil && !errors.Is(err, errEnough) {
		return false, nil, parterre.Internalf(err, "find the facets of ad account %d", account)
	}
	more = err != nil
	if durable, err = ix.applyLocked(ctx, &w); err != nil {
		return false, nil, err
	}
	ix.forgetWrittenLocked()
	ix.forgetNumbersLocked(account)
	ix.derived.wipe()
	ix.revisions.happened(account)
	return more, durable, nil
}

// forgetNumbersLocked has the facets of an ad account looked up again, by whoever holds their entries.
func (ix *Index) forgetNumbersLocked(account parterre.ID) {
	for _, half := range []map[place]*facetEntry{ix.mu.facets.young, ix.mu.facets.old} {
		for p, e := range half {
			if p.Account == account {
				e.id = 0
			}
		}
	}
}
