package index

import (
	"context"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Membership says who is in an audience: the persons of the roll Added whose stamp lies within the window, and is larger
// than their stamp in the roll Removed.
type Membership struct {
	Added   driver.RollID
	Removed driver.RollID // the zero RollID when nobody is ever removed
	Window  int64         // seconds; 0 when membership does not end by itself
}

// OfAudience is the membership of an audience with a roll of its own.
func OfAudience(audience parterre.ID, ruleVersion int, window int64) Membership {
	return Membership{Added: AudienceRoll(audience, ruleVersion), Window: window}
}

// OfList is the membership of a customer list.
func OfList(list parterre.ID) Membership {
	return Membership{Added: listRoll(driver.ListAdded, list), Removed: listRoll(driver.ListRemoved, list)}
}

// OfCountry is the membership of a country: the persons who are known to live there.
func OfCountry(country string) Membership {
	return Membership{Added: countryRoll(driver.CountryJoined, country), Removed: countryRoll(driver.CountryLeft, country)}
}

// AudienceRoll is the roll of an audience under one version of its rule.
func AudienceRoll(audience parterre.ID, ruleVersion int) driver.RollID {
	return driver.RollID{Kind: driver.AudienceRoll, A: uint64(audience), B: uint32(ruleVersion)}
}

func listRoll(kind driver.RollKind, list parterre.ID) driver.RollID {
	return driver.RollID{Kind: kind, A: uint64(list)}
}

func countryRoll(kind driver.RollKind, country string) driver.RollID {
	var n uint64
	for _, c := range []byte(country) {
		n = n<<8 | uint64(c)
	}
	return driver.RollID{Kind: kind, A: n}
}

// since is the smallest stamp that counts at the moment: T - stamp <= window.
func (m Membership) since(at int64) parterre.Stamp {
	if m.Window == 0 {
		return 0
	}
	return parterre.Stamp(min(max(at-m.Window, 0), math.MaxUint32))
}

// Holds says whether a stamp in the roll Added makes a member at the moment, if nobody is ever removed.
func (m Membership) Holds(s parterre.Stamp, at int64) bool { return s != 0 && s >= m.since(at) }

// Contains says whether the person is a member at the moment, in seconds since 1970.
func (ix *Index) Contains(ctx context.Context, m Membership, p parterre.PersonID, at int64) (bool, error) {
	if ix.derived.find(m.Added) != nil {
		held, err := ix.derivedHoldings(ctx, p, nil)
		return slices.ContainsFunc(held, func(h Holding) bool { return h.Roll == m.Added && m.Holds(h.Stamp, at) }), err
	}
	added, err := ix.stamp(ctx, m.Added, p)
	if err != nil || added == 0 || added < m.since(at) {
		return false, err
	}
	removed, err := ix.stamp(ctx, m.Removed, p)
	return added > removed, err
}

func (ix *Index) stamp(ctx context.Context, id driver.RollID, p parterre.PersonID) (parterre.Stamp, error) {
	c, err := ix.chunk(ctx, id, roll.Block(p))
	if err != nil {
		return 0, err
	}
	return c.Stamp(roll.Low(p)), nil
}

func (ix *Index) chunk(ctx context.Context, id driver.RollID, block uint16) (roll.Chunk, error) {
	if id == (driver.RollID{}) {
		return roll.Chunk{}, nil
	}
	c, err := ix.d.Chunk(ctx, id, block)
	if err != nil {
		return roll.Chunk{}, parterre.Internalf(err, "read a block of a roll")
	}
	return c, nil
}

// Count is how many members there are at the moment, and a moment up to which that stays so if nothing arrives.
func (ix *Index) Count(ctx context.Context, m Membership, at int64) (members int, until int64, err error) {
	oldest := parterre.Stamp(0)
	if s := ix.derived.find(m.Added); s != nil {
		var crowd *roll.Crowd
		if crowd, err = ix.unite(ctx, &s.Standing, m.since(at)); err == nil {
			members, oldest = crowd.Count(), crowd.Oldest()
			crowd.Free()
		}
	} else {
		err = ix.eachBlock(ctx, m, func(_ uint16, added, removed roll.Chunk) error {
			n, old := roll.Count(added, removed, m.since(at))
			if members += n; n > 0 && (oldest == 0 || old < oldest) {
				oldest = old
			}
			return nil
		})
	}
	if err != nil || oldest == 0 || m.Window == 0 {
		return members, math.MaxInt64, err
	}
	return members, int64(oldest) + m.Window, nil
}

// Members are the members at the moment. The bitmap is the caller's own.
func (ix *Index) Members(ctx context.Context, m Membership, at int64) (*roaring.Bitmap, error) {
	all := roaring.New()
	if s := ix.derived.find(m.Added); s != nil {
		crowd, err := ix.unite(ctx, &s.Standing, m.since(at))
		if err != nil {
			return nil, err
		}
		defer crowd.Free()
		crowd.Blocks(func(block uint16, words []uint64) {
			all.Or(roaring.AddOffset(roaring.FromDense(words, true), uint32(roll.Person(block, 0))))
		})
		return all, nil
	}
	err := ix.eachBlock(ctx, m, func(block uint16, added, removed roll.Chunk) error {
		roll.Members(added, removed, m.since(at), func(low uint16) {
			all.Add(uint32(roll.Person(block, low)))
		})
		return nil
	})
	return all, err
}

// eachBlock yields the blocks of both rolls side by side.
func (ix *Index) eachBlock(ctx context.Context, m Membership, yield func(block uint16, added, removed roll.Chunk) error) error {
	err := ix.d.Chunks(ctx, m.Added, func(block uint16, added roll.Chunk) error {
		removed, err := ix.chunk(ctx, m.Removed, block)
		if err != nil {
			return err
		}
		return yield(block, added, removed)
	})
	if err != nil {
		return parterre.Internalf(err, "read a roll")
	}
	return nil
}

// Revision changes whenever an event, a list or an evaluation changes the rolls of the membership. It starts anew with
// the process. That of a derived audience changes with every event of the ad accounts whose facets it may select.
func (ix *Index) Revision(m Membership) uint64 {
	if s := ix.derived.find(m.Added); s != nil {
		return ix.revisions.sumOf(s.Accounts)
	}
	return ix.revisions.sum(m.Added, m.Removed)
}
