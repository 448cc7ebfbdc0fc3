package audiences

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
)

// serving knows the membership of every audience that is served. Whoever reads the roll of an audience holds its lock for
// reading, from before they learn which roll serves; so a roll that serves no longer can be dropped once the lock was free.
// The lock is taken before a transaction of the catalogue, never inside one.
type serving struct {
	sync.RWMutex
	of map[parterre.ID]index.Membership
}

func (s *serving) put(id parterre.ID, m index.Membership) {
	s.Lock()
	defer s.Unlock()
	if s.of == nil {
		s.of = map[parterre.ID]index.Membership{}
	}
	s.of[id] = m
}

func (s *serving) remove(id parterre.ID) {
	s.Lock()
	defer s.Unlock()
	delete(s.of, id)
}

// wait returns when everybody who was reading has ended.
func (s *serving) wait() {
	s.Lock()
	defer s.Unlock()
}

// Memberships gives the audiences of all ad accounts that the person behind the identifiers is in, ascending, and the moment
// at which that was so, in seconds since 1970. Nobody is in none.
func (s *Service) Memberships(ctx context.Context, who []parterre.Identifier) (in []parterre.ID, at int64, err error) {
	at = s.now().Unix()
	person, err := s.index.Lookup(ctx, who)
	if err != nil || person == 0 {
		return nil, at, err
	}
	s.serving.RLock()
	defer s.serving.RUnlock()
	for _, audience := range slices.Sorted(maps.Keys(s.serving.of)) {
		member, err := s.index.Contains(ctx, s.serving.of[audience], person, at)
		if err != nil {
			return nil, 0, err
		}
		if member {
			in = append(in, audience)
		}
	}
	return in, at, nil
}
