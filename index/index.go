// Package index knows who did what: it finds the person behind an identifier, keeps the roll of every facet, moves the rolls
// of standing audiences with each event, and answers who is a member. It works over a driver; package index/lsmindex
// is the embedded one.
//
// The one idea is the roll: persons with the last moment at which they qualified. Rolls merge by taking the larger stamp,
// so events may come late, twice or in any order, from several writers, and the result is the same. It also means
// that an audience is evaluated safely while events arrive: its roll is registered first, so that every event from then on
// is merged into it, and the past is merged into it afterwards; what is in both counts once.
//
// An audience of which every past event counts, whatever its data, is not even that: its roll is the union of those of the
// facets, or of the pages, that it selects, and is united when somebody asks; see derived.go.
//
// Locks: Index.mu is held while a change is put together and made visible, never while it is waited for to be durable.
// Index.revisions, identities, holdings, histories, derived and sites have locks of their own, taken after mu when both are.
package index

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// Options is what the index takes from outside, apart from its driver.
type Options struct {
	// Closed says that the population is closed: an identifier that nobody imported belongs to nobody. In an open
	// population it makes a person.
	Closed bool

	// Memory is about how many bytes the caches of the index take at most; half a gigabyte when 0.
	Memory int64
}

// Index finds persons, keeps rolls and answers who is a member. Its methods may be called concurrently, except Close.
type Index struct {
	d      driver.Driver
	closed bool

	mu struct {
		sync.Mutex
		tops     driver.Tops
		facets   cache[place, *facetEntry]
		pages    cache[pageName, *pageEntry]
		cells    cache[cellKey, *cell]
		rolls    map[driver.RollID]*standing // of audiences that events move
		standing askings                     // of them, by the ad account whose facets they select
		lastSeq  uint64
		seen     map[sighting]span    // what is known to be written of what tags saw; see sighting.go
		counted  map[sketchOf]*sketch // and of the sketches that count events; see count.go
	}

	identities identities // with locks that are taken last
	holdings   holdings
	histories  histories
	derived    derived
	sites      sites
	persons    atomic.Uint32 // as in mu.tops, for who must not wait for a change
	epoch      atomic.Uint64 // how many changes have bound identifiers
	revisions  revisions
	veryMany   int                            // facets, from which on histories are read
	failed     atomic.Pointer[parterre.Error] // the first change that could not be made durable
}

// New makes an index over the driver, which it owns from then on. It reads how far numbers have been given out.
func New(ctx context.Context, d driver.Driver, o Options) (*Index, error) {
	tops, err := d.Tops(ctx)
	if err != nil {
		return nil, parterre.Internalf(err, "read the highest numbers of the index")
	}
	ix := &Index{d: d, closed: o.Closed, veryMany: usuallyVeryMany}
	ix.mu.tops = tops
	ix.persons.Store(uint32(tops.Person))
	ix.shareOut(o.Memory)
	ix.mu.rolls = map[driver.RollID]*standing{}
	ix.mu.standing = askings{}
	ix.derived.init()
	return ix, nil
}

// Close releases the driver. No other method may be running or be called afterwards.
func (ix *Index) Close() error { return ix.d.Close() }

// Population is how many persons there are.
func (ix *Index) Population() int { return int(ix.persons.Load()) }

// Store is the number that tells this index from others, 0 until Mark gave it one.
func (ix *Index) Store() uint32 {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	return ix.mu.tops.Store
}

// Mark gives the index the number that tells it from others, which is not 0. It is durable when Mark returns nil.
func (ix *Index) Mark(ctx context.Context, store uint32) error {
	return ix.apply(ctx, &driver.Writes{Tops: driver.Tops{Store: store}})
}

// applyLocked makes w visible and takes over the numbers that it gave out. The caller holds mu, releases it and then waits
// for durable, before it tells anybody that the change is there.
func (ix *Index) applyLocked(ctx context.Context, w *driver.Writes) (durable func() error, err error) {
	durable, err = ix.d.Apply(ctx, w)
	if parterre.CodeOf(err) == parterre.NoRoom { // which the caller may know
		return nil, err
	}
	if err != nil {
		return nil, parterre.Internalf(err, "change the index")
	}
	ix.mu.tops.Person = max(ix.mu.tops.Person, w.Tops.Person)
	ix.persons.Store(uint32(ix.mu.tops.Person))
	ix.mu.tops.Facet = max(ix.mu.tops.Facet, w.Tops.Facet)
	ix.mu.tops.Page = max(ix.mu.tops.Page, w.Tops.Page)
	if len(w.Bindings) > 0 {
		ix.epoch.Add(1)
	}
	if w.Tops.Store != 0 {
		ix.mu.tops.Store = w.Tops.Store
	}
	ix.revisions.moved(w)
	ix.holdings.moved(w)
	ix.histories.moved(w)
	return durable, nil
}

// apply makes a change that was put together without the lock visible and durable.
func (ix *Index) apply(ctx context.Context, w *driver.Writes) error {
	ix.mu.Lock()
	durable, err := ix.applyLocked(ctx, w)
	ix.mu.Unlock()
	if err != nil {
		return err
	}
	return ix.settled(durable)
}

// settled waits until a change is durable. A store that could not make one durable is not relied upon again: nobody knows
// what it holds before it was opened anew.
func (ix *Index) settled(durable func() error) error {
	if err := durable(); err != nil {
		err := parterre.Internalf(err, "make a change of the index durable")
		ix.failed.CompareAndSwap(nil, err)
		return err
	}
	return nil
}

// Healthy fails when the store of the index could not make a change durable, and has to be opened anew.
func (ix *Index) Healthy() error {
	if err := ix.failed.Load(); err != nil {
		return err
	}
	return nil
}

// revisions numbers the changes of the rolls that make audiences, so that an answer about one can be kept until it changes.
// No number is given twice: a roll that is dropped and filled again does not come back to a revision that it had.
type revisions struct {
	mu       sync.Mutex
	last     uint64
	of       map[driver.RollID]uint64
	accounts map[parterre.ID]uint64 // of the events of ad accounts, from which derived audiences follow
}

// happened notes that ad accounts have other events.
func (r *revisions) happened(accounts ...parterre.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.accounts == nil {
		r.accounts = map[parterre.ID]uint64{}
	}
	r.last++
	for _, account := range accounts {
		r.accounts[account] = r.last
	}
}

func (r *revisions) sumOf(accounts []parterre.ID) (n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, account := range accounts {
		n += r.accounts[account]
	}
	return n
}

func (r *revisions) moved(w *driver.Writes) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range w.Merges {
		r.movedLocked(m.Roll)
	}
	for i, m := range w.Moves {
		if i == 0 || m.Roll != w.Moves[i-1].Roll {
			r.movedLocked(m.Roll)
		}
	}
	for _, id := range w.Drops {
		delete(r.of, id)
	}
}

func (r *revisions) movedLocked(id driver.RollID) {
	switch id.Kind {
	case driver.AudienceRoll, driver.ListAdded, driver.ListRemoved:
		if r.of == nil {
			r.of = map[driver.RollID]uint64{}
		}
		r.last++
		r.of[id] = r.last
	default: // nobody keeps answers about the others
	}
}

func (r *revisions) sum(ids ...driver.RollID) (n uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		n += r.of[id]
	}
	return n
}
