package audiences_test

import (
	"context"
	"errors"
	"sync"

	"github.com/parterre/parterre"
	catalogdriver "github.com/parterre/parterre/catalog/driver"
	indexdriver "github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// errStore is what a store fails with that was told to.
var errStore = errors.New("the disk is on fire")

// gate holds up or fails whoever comes by, when it is told to.
type gate struct {
	mu     sync.Mutex
	shut   chan struct{} // closed to let everybody go on; nil when the gate is open
	fail   int           // so many fail before others pass
	came   int           // how many have come since the gate was shut
	failed int           // how many have failed
}

// close shuts the gate: whoever comes from now on waits.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.came, g.shut = 0, make(chan struct{})
}

// open lets everybody go on.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

// breakFor has so many fail before others pass.
func (g *gate) breakFor(times int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fail = times
}

// visitors is how many have come since the gate was shut.
func (g *gate) visitors() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.came
}

// failures is how many have failed.
func (g *gate) failures() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed
}

func (g *gate) pass(ctx context.Context) error {
	g.mu.Lock()
	g.came++
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		select {
		case <-shut:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail == 0 {
		return nil
	}
	g.fail--
	g.failed++
	return errStore
}

// rolls stands before the store of the index. It has a gate before rows are read, one before facets are, and one each before changes of lists
// and dropped rolls are known to be durable; and it knows the rolls of audiences that were ever written to.
type rolls struct {
	indexdriver.Driver
	scan, facets, lists, drops gate

	mu   sync.Mutex
	seen map[indexdriver.RollID]bool
}

func newRolls() *rolls { return &rolls{seen: map[indexdriver.RollID]bool{}} }

func (r *rolls) gates() []*gate { return []*gate{&r.scan, &r.facets, &r.lists, &r.drops} }

func (r *rolls) ScanFacets(
	ctx context.Context, account parterre.ID, yield func(indexdriver.FacetID, []byte) error,
) error {
	if err := r.facets.pass(ctx); err != nil {
		return err
	}
	return r.Driver.ScanFacets(ctx, account, yield)
}

// Rows is read when the rule of an audience that has a roll of its own is evaluated.
func (r *rolls) Rows(
	ctx context.Context, facets []indexdriver.FacetID, want parterre.EventData, yields []indexdriver.YieldRow,
) error {
	if err := r.scan.pass(ctx); err != nil {
		return err
	}
	return r.Driver.Rows(ctx, facets, want, yields)
}

func (r *rolls) Apply(ctx context.Context, w *indexdriver.Writes) (func() error, error) {
	durable, err := r.Driver.Apply(ctx, w)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ofList, drops := false, len(w.Drops) > 0
	for _, m := range w.Merges {
		switch m.Roll.Kind {
		case indexdriver.AudienceRoll:
			r.seen[m.Roll] = true
		case indexdriver.ListAdded, indexdriver.ListRemoved:
			ofList = true
		default: // of facets and countries
		}
	}
	for _, m := range w.Moves {
		if m.Roll.Kind == indexdriver.AudienceRoll {
			r.seen[m.Roll] = true
		}
	}
	return func() error {
		if ofList {
			if err := r.lists.pass(ctx); err != nil {
				return err
			}
		}
		if drops {
			if err := r.drops.pass(ctx); err != nil {
				return err
			}
		}
		return durable()
	}, nil
}

// left are the rolls of audiences that hold anybody.
func (r *rolls) left(ctx context.Context) (ids []indexdriver.RollID, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.seen {
		holds := false
		if err := r.Chunks(ctx, id, func(uint16, roll.Chunk) error { holds = true; return nil }); err != nil {
			return nil, err
		}
		if holds {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// rows stands before the store of the catalogue. It has a gate before every update and one behind it, when the update is
// made and whoever made it does not know yet; and one before every view.
type rows struct {
	catalogdriver.Driver
	updates, updated, views gate
}

func (r *rows) gates() []*gate { return []*gate{&r.updates, &r.updated, &r.views} }

func (r *rows) Update(ctx context.Context, f func(catalogdriver.Tx) error) error {
	if err := r.updates.pass(ctx); err != nil {
		return err
	}
	if err := r.Driver.Update(ctx, f); err != nil {
		return err
	}
	return r.updated.pass(ctx)
}

func (r *rows) View(ctx context.Context, f func(catalogdriver.Reader) error) error {
	if err := r.views.pass(ctx); err != nil {
		return err
	}
	return r.Driver.View(ctx, f)
}
