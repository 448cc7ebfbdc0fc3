package lsmindex

import (
	"context"
	"fmt"

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
	doing := fmt.Sprintf("scan roll %v", id)
	err = x.eachBlock(ctx, id, doing, func(block uint16, value []byte) error {
		c, err := decodeChunk(value)
		if err != nil {
			return wrap(err, doing)
		}
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

// eachBlock yields the stored blocks of a roll.
func (x *Index) eachBlock(ctx context.Context, id driver.RollID, doing string, yield func(block uint16, value []byte) error) error {
	if id.Kind == driver.AudienceRoll {
		return x.alongAudience(ctx, id, doing, yield)
	}
	s := scan{doing: doing, keyLen: rollKeyLen}
	s.lower, s.upper = span(appendRollPrefix(nil, id), rollKeyLen-rollPrefixLen)
	return x.scan(ctx, s, func(key, value []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return yield(blockOfKey(key), value)
	})
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
