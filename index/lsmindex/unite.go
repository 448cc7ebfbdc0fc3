package lsmindex

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Unite adds the persons of some rolls to a crowd.
func (x *Index) Unite(ctx context.Context, u driver.Union, into *roll.Crowd) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.addPending(&u, into)
	err := x.unite(ctx, &u, rollTable, rollKeyLen, func(key, value []byte) error {
		block := blockOfKey(key)
		return eachOperand(value, func(operand []byte) error { return into.AddEncoded(block, operand) })
	})
	if err == nil && u.Kind == driver.PageRoll {
		err = x.unite(ctx, &u, wideTable, wideKeyLen, func(_, value []byte) error {
			return eachOperand(value, func(operand []byte) error { return into.AddWide(operand, u.Blocks.First, u.Blocks.Last) })
		})
	}
	return wrap(err, fmt.Sprintf("unite rolls of kind %d", u.Kind))
}

// addPending adds what is pending. Of some blocks that is found by the groups of the persons in them.
func (x *Index) addPending(u *driver.Union, into *roll.Crowd) {
	if u.Blocks == driver.All() {
		x.mu.Lock()
		found := x.pendingRollsLocked(u)
		x.mu.Unlock()
		for _, pairs := range found {
			into.AddPairs(pairs)
		}
		return
	}
	for _, g := range x.pendingLines(u.Blocks) {
		for i := range g.lines {
			l := &g.lines[i]
			a := uint64(l.Cell)
			if u.Kind == driver.FacetRoll {
				if a = uint64(l.Cell.Facet()); g.gone[l.Cell.Facet()] {
					continue
				}
			}
			if u.Keep(a) && driver.InSpan(u.Spans, a) {
				into.AddPerson(g.person(l.Low), l.Stamp)
			}
		}
	}
}

// unite goes through one table once, from span to span. Of one roll it begins at the first block that is wanted.
func (x *Index) unite(ctx context.Context, u *driver.Union, in table, keyLen int, add func(key, value []byte) error) (err error) {
	it, err := x.db.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: []byte{byte(in), byte(u.Kind)}, UpperBound: []byte{byte(in), byte(u.Kind) + 1},
	})
	if err != nil {
		return err
	}
	defer func() {
		if closing := it.Close(); err == nil {
			err = closing
		}
	}()
	n := 0
	for _, s := range u.Spans {
		lower := binary.BigEndian.AppendUint64([]byte{byte(in), byte(u.Kind)}, s.Least)
		if in == rollTable && s.Least == s.Most {
			lower = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(lower, 0), u.Blocks.First)
		}
		for ok := it.SeekGE(lower); ok; ok = it.Next() {
			if n++; n%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			key := it.Key()
			if len(key) != keyLen {
				return fmt.Errorf("%w: a key of %d bytes", driver.ErrCorrupt, len(key))
			}
			a := rollOfKey(key)
			if a > s.Most || in == rollTable && s.Least == s.Most && blockOfKey(key) > u.Blocks.Last {
				break
			}
			if !u.Keep(a) || in == rollTable && !u.Blocks.Has(blockOfKey(key)) {
				continue
			}
			value, err := it.ValueAndErr()
			if err == nil {
				err = add(key, value)
			}
			if err != nil {
				return err
			}
		}
		if it.Error() != nil {
			return nil // closing tells it
		}
	}
	return nil
}

// groupsInBlock is how many groups of histories a block has.
const groupsInBlock = roll.BlockSize / history.GroupSize

// pendingGroup are the pending lines of a group. They are not changed any more.
type pendingGroup struct {
	group uint32
	lines []history.Line
	gone  map[uint32]bool // facets whose rolls were dropped
}

func (g *pendingGroup) person(low uint8) parterre.PersonID { return personOf(g.group, low) }

func personOf(group uint32, low uint8) parterre.PersonID {
	return parterre.PersonID(group)<<8 | parterre.PersonID(low)
}

// pendingLines gives the lines that are pending of persons in some blocks.
func (x *Index) pendingLines(blocks driver.Blocks) (found []pendingGroup) {
	x.mu.Lock()
	defer x.mu.Unlock()
	first, last := uint32(blocks.First)*groupsInBlock, uint32(blocks.Last)*groupsInBlock+groupsInBlock-1
	x.bothLocked(func(p *pending) {
		if int(last-first) > len(p.lines) {
			for group, lines := range p.lines {
				if first <= group && group <= last {
					found = append(found, pendingGroup{group, lines, p.gone})
				}
			}
			return
		}
		for group := first; ; group++ {
			if lines := p.lines[group]; len(lines) > 0 {
				found = append(found, pendingGroup{group, lines, p.gone})
			}
			if group == last {
				return
			}
		}
	})
	return found
}

// Last adds the persons to a crowd whose last moment in a wanted cell counts.
func (x *Index) Last(ctx context.Context, blocks driver.Blocks, want *history.Want, into *roll.Crowd) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, g := range x.pendingLines(blocks) {
		for i := range g.lines {
			if l := &g.lines[i]; want.Has(l.Cell) {
				into.AddPerson(g.person(l.Low), l.Stamp)
			}
		}
	}
	s := scan{doing: "scan histories", keyLen: historyKeyLen}
	s.lower = appendHistoryKey(nil, uint32(blocks.First)*groupsInBlock)
	s.upper = append(appendHistoryKey(nil, uint32(blocks.Last)*groupsInBlock+groupsInBlock-1), 0)
	n := 0
	return x.scan(ctx, s, func(key, value []byte) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		first := personOf(groupOfKey(key), 0)
		err := eachOperand(value, func(operand []byte) error {
			p, err := history.Parse(operand)
			if err == nil {
				who, oldest := p.Since(want, into.Since())
				into.AddWords(first, who[:], oldest)
			}
			return err
		})
		return wrap(err, s.doing)
	})
}

// History yields the lines of a person.
func (x *Index) History(ctx context.Context, p parterre.PersonID, yield func(history.Cell, parterre.Stamp)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	group, low := history.Group(p), history.Low(p)
	x.mu.Lock() // what is pending comes first: what is written out in between is then seen twice
	x.bothLocked(func(pending *pending) {
		lines := pending.lines[group]
		for i := range lines {
			if lines[i].Low == low {
				yield(lines[i].Cell, lines[i].Stamp)
			}
		}
	})
	x.mu.Unlock()
	_, err := x.get(appendHistoryKey(nil, group), func(value []byte) error {
		return eachOperand(value, func(operand []byte) error {
			part, err := history.Parse(operand)
			if err == nil {
				part.Each(low, yield)
			}
			return err
		})
	})
	return wrap(err, fmt.Sprintf("read the history of person %d", p))
}

// Facet gives a facet's ad account and body.
func (x *Index) Facet(ctx context.Context, id driver.FacetID) (account parterre.ID, body []byte, err error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	doing := fmt.Sprintf("read facet %d", id)
	found, err := x.get(appendOwnerKey(nil, id), func(value []byte) error {
		owner, err := unseal(value)
		if err == nil && len(owner) != 8 {
			err = fmt.Errorf("%w: an owner of %d bytes", driver.ErrCorrupt, len(owner))
		}
		if err == nil {
			account = parterre.ID(binary.BigEndian.Uint64(owner))
		}
		return err
	})
	if err != nil || !found {
		return 0, nil, wrap(err, doing)
	}
	found, err = x.get(appendBodyKey(nil, account, id), func(value []byte) error {
		stored, err := unseal(value)
		body = append([]byte{}, stored...)
		return err
	})
	if err != nil || !found { // not found: it went in between
		return 0, nil, wrap(err, doing)
	}
	return account, body, nil
}

// URL gives the URL of a page.
func (x *Index) URL(ctx context.Context, account parterre.ID, id driver.PageID) (url string, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	found, err = x.get(appendURLKey(nil, account, id), func(value []byte) error {
		stored, err := unseal(value)
		url = string(stored)
		return err
	})
	return url, found, wrap(err, fmt.Sprintf("read page %d", id))
}

// ScanPages yields the pages of an ad account as they were when the scan began.
func (x *Index) ScanPages(
	ctx context.Context, account parterre.ID, after driver.PageID, yield func(id driver.PageID, url []byte) error,
) error {
	s := scan{doing: "scan the pages of ad account " + account.String(), keyLen: bodyKeyLen}
	_, s.upper = span(appendSitePrefix(nil, account), bodyKeyLen-accountPrefixLen)
	if after == math.MaxUint32 {
		return ctx.Err()
	}
	s.lower = appendURLKey(nil, account, after+1)
	n := 0
	return x.scan(ctx, s, func(key, value []byte) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		url, err := unseal(value)
		if err != nil {
			return wrap(err, s.doing)
		}
		return yield(driver.PageID(facetOfKey(key)), url)
	})
}
