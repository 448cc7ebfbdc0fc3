package lsmindex

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Apply writes w as one record of the log. The record is on its way to the disk when Apply returns; durable waits until it
// is there, so one sync serves all that wait at the same time. When durable is never called, the record goes to the disk
// all the same, but nobody learns when, or whether that failed.
//
// Once a write to the log has failed, durable says so, and every later Apply is refused with the same error: what the log
// holds after it is not known before the store was opened again.
func (x *Index) Apply(ctx context.Context, w *driver.Writes) (durable func() error, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := x.failed.Load(); err != nil {
		return nil, *err
	}
	if err := x.room.fits(w); err != nil {
		return nil, err
	}
	b := writer{batch: x.db.NewBatch()}
	e := x.entryOf(w) //nolint:contextcheck // what it has written out goes on when the caller has ended
	// What is being written out must not bring back what is dropped, nor what is being folded replace what is merged.
	if len(w.Drops)+len(w.Going) > 0 || slices.ContainsFunc(w.Merges, func(m driver.Merge) bool { return isFoldedKind(m.Roll.Kind) }) {
		x.writing.Lock()
		defer x.writing.Unlock()
	}
	b.write(w, func(id driver.RollID) ([]uint16, error) { return x.audienceBlocks(ctx, id) })
	if e != nil {
		b.log(e)
	}
	if b.err == nil { // without the lock: the tree may wait for the disk, and whoever reads needs the lock
		b.err = x.db.ApplyNoSyncWait(b.batch, pebble.Sync)
	}
	if b.err != nil {
		// The batch was not handed to the log, so it may be closed. Closing it cannot say more than the error does.
		_ = b.batch.Close()
		return nil, wrap(b.err, "write to the index")
	}
	if e != nil {
		x.take(e)
	}
	return func() error { return x.wait(b.batch) }, nil
}

// entryOf is what the log has to say of w, nil when that is nothing.
func (x *Index) entryOf(w *driver.Writes) *entry {
	if len(w.Moves) == 0 && len(w.Acts) == 0 && len(w.Rows) == 0 && len(w.Drops) == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(w.Drops) == 0 {
		x.makeRoomLocked()
	}
	x.mu.number++
	return &entry{number: x.mu.number, drops: w.Drops, moves: w.Moves, acts: w.Acts, rows: w.Rows}
}

// actsTogether is how many acts are taken over while those who read wait.
const actsTogether = 64

// take makes an entry pending that the log has, a part of it at a time, so that whoever reads does not wait for all of it. The last part
// alone has the number: when what is pending is written out between two parts, the entry stays in the log for the others.
func (x *Index) take(e *entry) {
	part := *e
	for left := e.acts; ; part = (entry{}) {
		n := min(actsTogether, len(left))
		part.number, part.acts, left = 0, left[:n], left[n:]
		if len(left) == 0 {
			part.number = e.number
		}
		x.mu.Lock()
		if x.mu.old != nil {
			for _, id := range part.drops {
				x.mu.old.drop(id)
			}
		}
		before := x.mu.young.bytes
		x.mu.young.add(&part)
		x.mu.came += x.mu.young.bytes - before
		x.mu.Unlock()
		if len(left) == 0 {
			return
		}
	}
}

// wait returns when a batch is on the disk. Until then the log still reads from the batch, so only here may it be closed;
// after that the tree uses it again for another batch.
func (x *Index) wait(b *pebble.Batch) error {
	if err := b.SyncWait(); err != nil {
		err = fmt.Errorf("write to the log of the index: %w", err)
		x.failed.CompareAndSwap(nil, &err)
		return err
	}
	return wrap(b.Close(), "finish a write to the index")
}

// writer fills a batch. It stops at the first error.
type writer struct {
	batch      *pebble.Batch
	key, value []byte // room that is used again
	merged     int64  // bytes of operands
	err        error
}

// write keeps the order in which the batch must act: drops before merges. It asks which blocks the rolls of audiences have that
// are dropped.
func (w *writer) write(from *driver.Writes, blocksOf func(driver.RollID) ([]uint16, error)) {
	if from.Tops.Person != 0 {
		w.setNumber(topKey(topPerson), uint32(from.Tops.Person))
	}
	if from.Tops.Facet != 0 {
		w.setNumber(topKey(topFacet), uint32(from.Tops.Facet))
	}
	if from.Tops.Store != 0 {
		w.setNumber(topKey(topStore), from.Tops.Store)
	}
	for _, b := range from.Bindings {
		w.key = appendIdentifierKey(w.key[:0], b.Identifier)
		w.setNumber(w.key, uint32(b.Person))
	}
	for _, p := range from.People {
		w.key = appendPersonKey(w.key[:0], p.ID)
		w.set(w.key, p.Body)
	}
	for _, f := range from.Facets {
		w.key = appendFacetKey(w.key[:0], f.Key)
		w.setNumber(w.key, uint32(f.ID))
		w.key = appendBodyKey(w.key[:0], f.Key.Account, f.ID)
		w.set(w.key, f.Body)
		w.key = appendOwnerKey(w.key[:0], f.ID)
		w.set(w.key, binary.BigEndian.AppendUint64(nil, uint64(f.Key.Account)))
	}
	for _, f := range from.Going {
		w.key = appendFacetKey(w.key[:0], f.Key)
		w.delete(w.key)
		w.key = appendBodyKey(w.key[:0], f.Key.Account, f.ID)
		w.delete(w.key)
		w.key = appendOwnerKey(w.key[:0], f.ID)
		w.delete(w.key)
		w.dropRows(f.ID)
	}
	if from.Tops.Page != 0 {
		w.setNumber(topKey(topPage), uint32(from.Tops.Page))
	}
	for _, p := range from.Pages {
		w.key = appendPageKey(w.key[:0], p.Key)
		w.setNumber(w.key, uint32(p.ID))
		w.key = appendURLKey(w.key[:0], p.Key.Account, p.ID)
		w.set(w.key, []byte(p.URL))
	}
	for _, id := range from.Drops {
		if id.Kind == driver.AudienceRoll {
			w.dropAudience(id, blocksOf)
		} else {
			w.drop(id)
		}
	}
	for _, m := range from.Merges {
		w.merge(m)
	}
}

func (w *writer) set(key, body []byte) {
	w.value = appendSealed(w.value[:0], body)
	if w.err == nil {
		w.err = w.batch.Set(key, w.value, nil)
	}
}

func (w *writer) setNumber(key []byte, n uint32) {
	w.value = appendNumber(w.value[:0], n)
	if w.err == nil {
		w.err = w.batch.Set(key, w.value, nil)
	}
}

func (w *writer) delete(key []byte) {
	if w.err == nil {
		w.err = w.batch.Delete(key, nil)
	}
}

func (w *writer) drop(id driver.RollID) {
	lower, upper := span(appendRollPrefix(w.key[:0], id), rollKeyLen-rollPrefixLen)
	w.key = lower
	if w.err == nil {
		w.err = w.batch.DeleteRange(lower, upper, nil)
	}
}

func (w *writer) dropAudience(id driver.RollID, blocksOf func(driver.RollID) ([]uint16, error)) {
	blocks, err := blocksOf(id)
	if errors.Is(err, driver.ErrCorrupt) { // all that there may be
		blocks, err = make([]uint16, roll.BlockSize), nil
		for i := range blocks {
			blocks[i] = uint16(i)
		}
	}
	if w.err == nil {
		w.err = err
	}
	for _, block := range blocks {
		w.key = appendRollKey(w.key[:0], id, block)
		w.delete(w.key)
	}
}

// log keeps an entry.
func (w *writer) log(e *entry) {
	w.value = e.append(w.value[:0])
	w.value = binary.LittleEndian.AppendUint32(w.value, crc32.Checksum(w.value, castagnoli))
	if w.err == nil {
		w.err = w.batch.Set(logKey(e.number), w.value, nil)
	}
}

func (w *writer) merge(m driver.Merge) {
	if m.Chunk.Len() == 0 {
		return
	}
	w.key = appendRollKey(w.key[:0], m.Roll, m.Block)
	w.value = roll.Append(w.value[:0], m.Chunk)
	if w.err == nil {
		w.err = w.batch.Merge(w.key, w.value, nil)
	}
	w.merged += int64(len(w.value))
}
