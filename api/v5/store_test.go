package v5_test

import (
	"context"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// store stands between the index and its real store. A test holds the engine up with it, to see what is between an update
// and the end of its evaluation, and counts the rolls that are left.
type store struct {
	driver.Driver
	mu   sync.Mutex
	gate chan struct{} // nil when open
}

func (s *store) around(d driver.Driver) driver.Driver {
	s.Driver = d
	return s
}

// hold stops every evaluation of events and the matching of every list, from now until release.
func (s *store) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate == nil {
		s.gate = make(chan struct{})
	}
}

// release lets everything go on.
func (s *store) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		close(s.gate)
		s.gate = nil
	}
}

func (s *store) pass(ctx context.Context) error {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate == nil {
		return nil
	}
	select {
	case <-gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *store) ScanFacets(
	ctx context.Context, account parterre.ID, yield func(id driver.FacetID, body []byte) error,
) error {
	if err := s.pass(ctx); err != nil {
		return err
	}
	return s.Driver.ScanFacets(ctx, account, yield)
}

// Apply holds up who waits for a change of a list to be durable; the change itself is there.
func (s *store) Apply(ctx context.Context, w *driver.Writes) (func() error, error) {
	ofList := slices.ContainsFunc(w.Merges, func(m driver.Merge) bool {
		return m.Roll.Kind == driver.ListAdded || m.Roll.Kind == driver.ListRemoved
	})
	durable, err := s.Driver.Apply(ctx, w)
	if err != nil || !ofList {
		return durable, err
	}
	return func() error { //nolint:contextcheck // the context of a change has nothing to say about when it is durable
		if err := s.pass(context.Background()); err != nil {
			return err
		}
		return durable()
	}, nil
}

// versionsWithRolls are the versions of an audience's rule, up to the given one, of which anything is stored.
func (s *store) versionsWithRolls(ctx context.Context, audience parterre.ID, last int) (versions []int, err error) {
	for v := 1; v <= last; v++ {
		id := driver.RollID{Kind: driver.AudienceRoll, A: uint64(audience), B: uint32(v)}
		there := false
		err := s.Chunks(ctx, id, func(uint16, roll.Chunk) error { there = true; return nil })
		if err != nil {
			return nil, err
		}
		if there {
			versions = append(versions, v)
		}
	}
	return versions, nil
}
