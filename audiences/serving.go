package audiences

import (
	"context"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// serving knows the membership of every audience that is served. Whoever reads the roll of an audience holds its lock for
// reading, from before they learn which roll serves; so a roll that serves no longer can be dropped once the lock was free.
// The lock is taken before a transaction of the catalogue, never inside one.
type serving struct {
	sync.RWMutex
	of    map[parterre.ID]index.Membership
	lists map[parterre.ID]index.Membership // of these, the audiences of customer lists
}

// putLocked makes a membership the one that serves. The caller holds the lock for writing.
func (s *serving) putLocked(id parterre.ID, m index.Membership) {
	if s.of == nil {
		s.of, s.lists = map[parterre.ID]index.Membership{}, map[parterre.ID]index.Membership{}
	}
	s.of[id] = m
	if m.Removed != (driver.RollID{}) {
		s.lists[id] = m
	}
}

// removeLocked ends the serving of an audience, if it is served. The caller holds the lock for writing.
func (s *serving) removeLocked(id parterre.ID) {
	delete(s.of, id)
	delete(s.lists, id)
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
	in, err = s.membershipsAt(ctx, who, at)
	return in, at, err
}

// MembershipsOfMany is Memberships of one person after another, at one moment. The answers are in the order of the persons.
// Audiences that change meanwhile may be seen by the persons behind, and not by those before.
func (s *Service) MembershipsOfMany(ctx context.Context, who [][]parterre.Identifier) (in [][]parterre.ID, at int64, err error) {
	at, in = s.now().Unix(), make([][]parterre.ID, len(who))
	for i := range who {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if in[i], err = s.membershipsAt(ctx, who[i], at); err != nil {
			return nil, 0, err
		}
	}
	return in, at, nil
}

func (s *Service) membershipsAt(ctx context.Context, who []parterre.Identifier, at int64) (in []parterre.ID, err error) {
	person, err := s.index.Lookup(ctx, who)
	if err != nil || person == 0 {
		return nil, err
	}
	s.serving.RLock()
	defer s.serving.RUnlock()
	held, err := s.index.Holdings(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, h := range held { // of audiences with a roll of their own, under any version of their rules
		audience := parterre.ID(h.Roll.A)
		if m := s.serving.of[audience]; m.Added == h.Roll && m.Holds(h.Stamp, at) {
			in = append(in, audience)
		}
	}
	for audience, membership := range s.serving.lists {
		member, err := s.index.Contains(ctx, membership, person, at)
		if err != nil {
			return nil, err
		}
		if member {
			in = append(in, audience)
		}
	}
	slices.Sort(in)
	return in, nil
}
