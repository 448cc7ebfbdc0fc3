package lsmindex

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// ScanFacets yields the facets of an ad account as they were when the scan began.
func (x *Index) ScanFacets(
	ctx context.Context, account parterre.ID, yield func(id driver.FacetID, body []byte) error,
) error {
	s := scan{doing: "scan the facets of ad account " + account.String(), keyLen: bodyKeyLen}
	s.lower, s.upper = span(appendAccountPrefix(nil, account), bodyKeyLen-accountPrefixLen)
	n := 0
	return x.scan(ctx, s, func(key, value []byte) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		body, err := unseal(value)
		if err != nil {
			return wrap(err, s.doing)
		}
		return yield(facetOfKey(key), body)
	})
}

// Chunks yields the chunks of a roll as they were when the scan began.
func (x *Index) Chunks(
	ctx context.Context, id driver.RollID, yield func(block uint16, c roll.Chunk) error,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var found []roll.Pair // is pending, and is looked at first: what is written out in between is then seen twice
	x.mu.Lock()
	x.bothLocked(func(p *pending) {
		found = append(found, p.pairs(id)...)
	})
	x.mu.Unlock()
	var more roll.Accumulator
	more.AddPairs(found)
	if id.Kind == driver.PageRoll {
		if err := x.addWide(id, &more); err != nil {
			return wrap(err, fmt.Sprintf("scan roll %v", id))
		}
	}
	return x.beside(ctx, id, &more, yield)
}

// beside yields the stored chunks of a roll, merged with what there is beside them.
func (x *Index) beside(
	ctx context.Context, id driver.RollID, more *roll.Accumulator, yield func(block uint16, c roll.Chunk) error,
) error {
	type extra struct {
		block uint16
		chunk roll.Chunk
	}
	var extras []extra
	err := more.Chunks(func(block uint16, c roll.Chunk) error {
		if c.Len() > 0 {
			extras = append(extras, extra{block, c})
		}
		return nil
	})
	if err != nil {
		return err
	}
	// upTo yields the extras of blocks before one.
	upTo := func(block int) error {
		for len(extras) > 0 && int(extras[0].block) < block {
			if err := yield(extras[0].block, extras[0].chunk); err != nil {
				return err
			}
			extras = extras[1:]
		}
		return nil
	}
	s := scan{doing: fmt.Sprintf("scan roll %v", id), keyLen: rollKeyLen}
	s.lower, s.upper = span(appendRollPrefix(nil, id), rollKeyLen-rollPrefixLen)
	err = x.scan(ctx, s, func(key, value []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := decodeChunk(value)
		if err != nil {
			return wrap(err, s.doing)
		}
		block := blockOfKey(key)
		if err := upTo(int(block)); err != nil {
			return err
		}
		if len(extras) > 0 && extras[0].block == block {
			c = roll.Merge(c, extras[0].chunk)
			extras = extras[1:]
		}
		if c.Len() == 0 {
			return nil
		}
		return yield(block, c)
	})
	if err != nil {
		return err
	}
	return upTo(roll.BlockSize)
}

// Across yields one block of every roll of a kind.
func (x *Index) Across(
	ctx context.Context, kind driver.RollKind, block uint16, yield func(id driver.RollID, c roll.Chunk) error,
) (err error) {
	found := map[driver.RollID][]roll.Pair{}
	x.mu.Lock()
	x.bothLocked(func(p *pending) {
		for id, l := range p.rolls {
			if id.Kind == kind {
				if pairs := l.of(block); len(pairs) > 0 {
					found[id] = append(found[id], pairs...)
				}
			}
		}
	})
	x.mu.Unlock()
	it, err := x.db.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: []byte{byte(rollTable), byte(kind)}, UpperBound: []byte{byte(rollTable), byte(kind) + 1},
	})
	if err != nil {
		return wrap(err, "go across rolls")
	}
	defer func() {
		if closing := it.Close(); err == nil {
			err = wrap(closing, "go across rolls")
		}
	}()
	var key []byte
	for ok := it.First(); ok; ok = it.SeekGE(key) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(it.Key()) != rollKeyLen {
			return fmt.Errorf("%w: a key of %d bytes", driver.ErrCorrupt, len(it.Key()))
		}
		id, at := driver.RollID{
			Kind: kind, A: rollOfKey(it.Key()), B: binary.BigEndian.Uint32(it.Key()[rollPrefixLen-4:]),
		}, blockOfKey(it.Key())
		if at < block { // there are others before
			key = appendRollKey(key[:0], id, block)
			continue
		}
		key = append(appendRollKey(key[:0], id, math.MaxUint16), 0) // the roll after it
		if at > block {
			continue
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return wrap(err, "go across rolls")
		}
		c, err := decodeChunk(value)
		if err != nil {
			return wrap(err, fmt.Sprintf("read block %d of roll %v", block, id))
		}
		if c = roll.Merge(c, chunkOf(found[id])); c.Len() > 0 {
			if err := yield(id, c); err != nil {
				return err
			}
		}
		delete(found, id)
	}
	for id, pairs := range found {
		if err := yield(id, chunkOf(pairs)); err != nil {
			return err
		}
	}
	return nil
}

// scan says which keys are scanned, and what for.
type scan struct {
	doing        string // for errors
	lower, upper []byte // from lower on, and before upper
	keyLen       int    // of every key
}

// scan calls each for the keys, in ascending order, with what was stored when the scan began. Key and value are valid during
// the call alone. An error of each comes back as it is.
func (x *Index) scan(ctx context.Context, s scan, each func(key, value []byte) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	it, err := x.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: s.lower, UpperBound: s.upper})
	if err != nil {
		return wrap(err, s.doing)
	}
	defer func() { // an iterator that stopped early because of an error gives it when it is closed
		if closing := it.Close(); err == nil {
			err = wrap(closing, s.doing)
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		key := it.Key()
		if len(key) != s.keyLen {
			return wrap(fmt.Errorf("%w: a key of %d bytes", driver.ErrCorrupt, len(key)), s.doing)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return wrap(err, s.doing)
		}
		if err := each(key, value); err != nil {
			return err
		}
	}
	return nil
}
