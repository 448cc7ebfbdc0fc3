package lsmindex

import (
	"context"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Across yields one block of the roll of every audience. They are neighbours.
func (x *Index) Across(ctx context.Context, block uint16, yield func(id driver.RollID, c roll.Chunk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	found := map[driver.RollID][]roll.Pair{}
	x.mu.Lock() // what is pending comes first: what is written out in between is then seen twice
	x.bothLocked(func(p *pending) {
		for id, l := range p.rolls {
			if id.Kind == driver.AudienceRoll {
				if pairs := l.of(block); len(pairs) > 0 {
					found[id] = append(found[id], pairs...)
				}
			}
		}
	})
	x.mu.Unlock()
	s := scan{doing: "go across the rolls of audiences", keyLen: rollKeyLen}
	s.lower, s.upper = span(appendAcrossPrefix(nil, block), rollKeyLen-acrossPrefixLen)
	n := 0
	err := x.scan(ctx, s, func(key, value []byte) error {
		if n++; n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		id, _ := audienceOfKey(key)
		c, err := decodeChunk(value)
		if err != nil {
			return wrap(err, fmt.Sprintf("read block %d of roll %v", block, id))
		}
		if c = roll.Merge(c, chunkOf(found[id])); c.Len() == 0 {
			return nil
		}
		delete(found, id)
		return yield(id, c)
	})
	if err != nil {
		return err
	}
	for id, pairs := range found {
		if err := yield(id, chunkOf(pairs)); err != nil {
			return err
		}
	}
	return nil
}

// alongAudience yields the stored blocks of the roll of an audience, from one to the next. The value is valid during the call alone.
func (x *Index) alongAudience(ctx context.Context, id driver.RollID, doing string, yield func(block uint16, value []byte) error) (err error) {
	it, err := x.db.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: appendRollKey(nil, id, 0), UpperBound: append(appendRollKey(nil, id, math.MaxUint16), 0),
	})
	if err != nil {
		return wrap(err, doing)
	}
	defer func() { // an iterator that stopped early because of an error gives it when it is closed
		if closing := it.Close(); err == nil {
			err = wrap(closing, doing)
		}
	}()
	var key []byte
	for block := 0; block <= math.MaxUint16; {
		key = appendRollKey(key[:0], id, uint16(block))
		if !it.SeekGE(key) {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(it.Key()) != rollKeyLen {
			return wrap(fmt.Errorf("%w: a key of %d bytes", driver.ErrCorrupt, len(it.Key())), doing)
		}
		switch who, at := audienceOfKey(it.Key()); {
		case int(at) > block: // nobody has this block
			block = int(at)
			continue
		case who == id:
			value, err := it.ValueAndErr()
			if err != nil {
				return wrap(err, doing)
			}
			if err := yield(at, value); err != nil {
				return err
			}
		}
		block++
	}
	return nil
}

// audienceBlocks are the blocks that are stored of the roll of an audience.
func (x *Index) audienceBlocks(ctx context.Context, id driver.RollID) (blocks []uint16, err error) {
	err = x.alongAudience(ctx, id, fmt.Sprintf("drop roll %v", id), func(block uint16, _ []byte) error {
		blocks = append(blocks, block)
		return nil
	})
	return blocks, err
}
