package lsmindex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// checkEvery is how many look-ups or facets pass between two looks at the context.
const checkEvery = 256

// Tops gives the highest numbers stored.
func (x *Index) Tops(ctx context.Context) (driver.Tops, error) {
	keys := newKeyList(4)
	for _, row := range []byte{topPerson, topFacet, topStore, topPage} {
		keys.bytes = append(keys.bytes, topKey(row)...)
		keys.end()
	}
	var numbers [4]uint32
	if err := x.numbers(ctx, keys, func(i int, n uint32) { numbers[i] = n }); err != nil {
		return driver.Tops{}, wrap(err, "read the highest numbers")
	}
	return driver.Tops{
		Person: parterre.PersonID(numbers[0]), Facet: driver.FacetID(numbers[1]), Store: numbers[2], Page: driver.PageID(numbers[3]),
	}, nil
}

// Persons finds the person of each identifier.
func (x *Index) Persons(ctx context.Context, ids []parterre.Identifier) ([]parterre.PersonID, error) {
	keys := newKeyList(len(ids))
	for _, id := range ids {
		keys.bytes = appendIdentifierKey(keys.bytes, id)
		keys.end()
	}
	persons := make([]parterre.PersonID, len(ids))
	if err := x.numbers(ctx, keys, func(i int, n uint32) { persons[i] = parterre.PersonID(n) }); err != nil {
		return nil, wrap(err, "find the persons of identifiers")
	}
	return persons, nil
}

// People gives the stored body of each person.
func (x *Index) People(ctx context.Context, persons []parterre.PersonID) ([][]byte, error) {
	keys := newKeyList(len(persons))
	for _, p := range persons {
		keys.bytes = appendPersonKey(keys.bytes, p)
		keys.end()
	}
	bodies := make([][]byte, len(persons))
	err := x.lookUp(ctx, keys, func(i int, value []byte) error {
		body, err := unseal(value)
		if err != nil {
			return fmt.Errorf("person %d: %w", persons[i], err)
		}
		bodies[i] = append([]byte{}, body...)
		return nil
	})
	if err != nil {
		return nil, wrap(err, "read people")
	}
	return bodies, nil
}

// Facets finds the number of each facet.
func (x *Index) Facets(ctx context.Context, facets []driver.FacetKey) ([]driver.FacetID, error) {
	keys := newKeyList(len(facets))
	for _, f := range facets {
		keys.bytes = appendFacetKey(keys.bytes, f)
		keys.end()
	}
	ids := make([]driver.FacetID, len(facets))
	if err := x.numbers(ctx, keys, func(i int, n uint32) { ids[i] = driver.FacetID(n) }); err != nil {
		return nil, wrap(err, "find facets")
	}
	return ids, nil
}

// Pages finds the number of each page.
func (x *Index) Pages(ctx context.Context, pages []driver.PageKey) ([]driver.PageID, error) {
	keys := newKeyList(len(pages))
	for _, p := range pages {
		keys.bytes = appendPageKey(keys.bytes, p)
		keys.end()
	}
	ids := make([]driver.PageID, len(pages))
	if err := x.numbers(ctx, keys, func(i int, n uint32) { ids[i] = driver.PageID(n) }); err != nil {
		return nil, wrap(err, "find pages")
	}
	return ids, nil
}

// Chunk reads one block of a roll.
func (x *Index) Chunk(ctx context.Context, id driver.RollID, block uint16) (roll.Chunk, error) {
	if err := ctx.Err(); err != nil {
		return roll.Chunk{}, err
	}
	// What is pending is looked at first: what is written out in between is then seen twice, and not never.
	x.mu.Lock()
	found := x.pendingBlockLocked(id, block)
	x.mu.Unlock()
	c := chunkOf(found)
	_, err := x.get(appendRollKey(nil, id, block), func(value []byte) error {
		stored, err := decodeChunk(value)
		c = roll.Merge(c, stored)
		return err
	})
	if err == nil && id.Kind == driver.PageRoll {
		var wide roll.Accumulator
		if err = x.addWide(id, &wide); err == nil {
			err = wide.Chunks(func(at uint16, more roll.Chunk) error {
				if at == block {
					c = roll.Merge(c, more)
				}
				return nil
			})
		}
	}
	if err != nil {
		return roll.Chunk{}, wrap(err, fmt.Sprintf("read block %d of roll %v", block, id))
	}
	return c, nil
}

// addWide adds the pairs of a page's roll that are stored in one value.
func (x *Index) addWide(id driver.RollID, into *roll.Accumulator) error {
	_, err := x.get(appendWideKey(nil, id), func(value []byte) error {
		return eachOperand(value, func(operand []byte) error { return into.AddWide(operand) })
	})
	return err
}

// get reads one key and calls use when it is stored. The value is valid during the call alone.
func (x *Index) get(key []byte, use func(value []byte) error) (found bool, err error) {
	value, closer, err := x.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, errors.Join(use(value), closer.Close())
}

// numbers looks up keys whose values are numbers.
func (x *Index) numbers(ctx context.Context, keys *keyList, found func(i int, n uint32)) error {
	return x.lookUp(ctx, keys, func(i int, value []byte) error {
		n, err := decodeNumber(value)
		if err != nil {
			return err
		}
		found(i, n)
		return nil
	})
}

// lookUp calls found for each key that is stored, with the key's place in the list and the value, which is valid during the
// call alone. All keys are read from one state of the store, in ascending order, so that one iterator goes through the
// tree once.
func (x *Index) lookUp(ctx context.Context, keys *keyList, found func(i int, value []byte) error) (err error) {
	if keys.len() == 0 {
		return ctx.Err()
	}
	// The filters of the lowest level are as large as its keys: worth loading for a batch, of which many keys may be new.
	it, err := x.db.NewIterWithContext(ctx, &pebble.IterOptions{UseL6Filters: keys.len() >= checkEvery})
	if err != nil {
		return err
	}
	defer func() { // an iterator that stopped early because of an error gives it when it is closed
		if closing := it.Close(); err == nil {
			err = closing
		}
	}()
	for n, i := range keys.sorted() {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !it.SeekPrefixGE(keys.at(i)) {
			if it.Error() != nil {
				return nil
			}
			continue
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if err := found(i, value); err != nil {
			return err
		}
	}
	return nil
}

// keyList is a list of keys in one piece of memory.
type keyList struct {
	bytes []byte
	ends  []int // where each key ends
}

// usualKey is a guess at a key's length: the digest of an e-mail address.
const usualKey = 34

func newKeyList(n int) *keyList {
	return &keyList{bytes: make([]byte, 0, n*usualKey), ends: make([]int, 0, n)}
}

// end ends the key that was appended to l.bytes.
func (l *keyList) end() { l.ends = append(l.ends, len(l.bytes)) }

func (l *keyList) len() int { return len(l.ends) }

func (l *keyList) at(i int) []byte {
	if i == 0 {
		return l.bytes[:l.ends[0]]
	}
	return l.bytes[l.ends[i-1]:l.ends[i]]
}

// sorted gives the places of the keys in ascending order of the keys.
func (l *keyList) sorted() []int {
	order := make([]int, l.len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return bytes.Compare(l.at(i), l.at(j)) })
	return order
}
