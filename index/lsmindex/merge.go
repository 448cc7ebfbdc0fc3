package lsmindex

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// mergerName is written into the store, which opens with no other merger. A merger that gives other results needs another
// name.
const mergerName = "parterre.max.v1"

// spoilt is the first byte of a value that holds operands which could not be merged. It is no version of a chunk.
const spoilt = 0xff

// merger is the merge operator of rolls: it merges chunks, and is thereby commutative and associative.
//
// It never fails. Were it to return an error for an operand that is corrupt, the tree would try the same compaction or flush
// again and again, without a pause; a flush that cannot succeed fills the memory with tables until every write waits
// forever. So one bad value would stop the whole store. Were it to leave the operand out, persons would vanish silently.
// Instead it puts the operands that are corrupt, byte for byte, beside the merged chunk of the others into a value that
// counts as corrupt: every read of this block reports [driver.ErrCorrupt], all other keys work, nothing is lost, and
// dropping the roll ends it.
func merger(log *slog.Logger) *pebble.Merger {
	return &pebble.Merger{
		Name: mergerName,
		Merge: func(key, value []byte) (pebble.ValueMerger, error) {
			both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
			return &merging{log: log, key: both[:len(key)], first: both[len(key):]}, nil
		},
	}
}

// merging collects the operands of one key.
type merging struct {
	log   *slog.Logger
	key   []byte
	first []byte // the first operand, nil once it was added to the others
	sound roll.Accumulator
	wide  []roll.Pair // what is sound, of a key of wideTable
	bad   [][]byte    // operands that are neither
}

// MergeNewer adds an operand.
func (m *merging) MergeNewer(value []byte) error {
	if m.first != nil {
		m.add(m.first)
		m.first = nil
	}
	m.add(value)
	return nil
}

// MergeOlder adds an operand: the order does not matter.
func (m *merging) MergeOlder(value []byte) error { return m.MergeNewer(value) }

// add must not keep the value.
func (m *merging) add(value []byte) {
	if len(value) > 0 && value[0] == spoilt {
		if operands, ok := takeApart(value); ok {
			for _, operand := range operands {
				m.add(operand)
			}
			return
		}
	}
	err := m.addSound(value)
	if err != nil {
		m.log.Error("index: a chunk of a roll is corrupt", slog.String("key", hex.EncodeToString(m.key)), slog.String("error", err.Error()))
		m.bad = append(m.bad, append([]byte{}, value...))
	}
}

func (m *merging) isWide() bool { return len(m.key) > 0 && m.key[0] == byte(wideTable) }

func (m *merging) addSound(value []byte) error {
	if m.isWide() {
		n := len(m.wide)
		all, err := roll.DecodeWide(m.wide, value)
		m.wide = all
		if err != nil {
			m.wide = all[:n]
		}
		return err
	}
	c, err := roll.Decode(value)
	if err == nil {
		m.sound.Add(0, c)
	}
	return err
}

// encoded is the stored form of all that is sound.
func (m *merging) encoded() ([]byte, error) {
	if m.isWide() {
		m.wide = roll.Compact(m.wide)
		return roll.AppendWide(nil, m.wide), nil
	}
	var sound roll.Chunk
	err := m.sound.Chunks(func(_ uint16, c roll.Chunk) error {
		sound = c
		return nil
	})
	return roll.Append(nil, sound), err
}

// Finish gives the merged value. A single operand comes back as it is, so that reading a block that nothing was merged into
// does not decode it twice; whoever reads it will check it.
func (m *merging) Finish(bool) ([]byte, io.Closer, error) {
	if m.first != nil {
		return m.first, nil, nil
	}
	encoded, err := m.encoded()
	if err != nil {
		return nil, nil, err
	}
	if len(m.bad) == 0 {
		return encoded, nil, nil
	}
	return putTogether(append(m.bad, encoded)), nil, nil
}

// putTogether makes a spoilt value: the marker, each operand behind its length as a uvarint, and the CRC-32C of it all.
func putTogether(operands [][]byte) []byte {
	value := []byte{spoilt}
	for _, operand := range operands {
		value = binary.AppendUvarint(value, uint64(len(operand)))
		value = append(value, operand...)
	}
	return binary.LittleEndian.AppendUint32(value, crc32.Checksum(value, castagnoli))
}

// takeApart undoes putTogether. It reports false when the value is not one of its values.
func takeApart(value []byte) (operands [][]byte, ok bool) {
	rest, err := unseal(value)
	if err != nil || len(rest) == 0 {
		return nil, false
	}
	for rest = rest[1:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return nil, false
		}
		operands = append(operands, rest[n:n+int(size)])
		rest = rest[n+int(size):]
	}
	return operands, true
}

// corrupt marks an error about bytes that are not what was written.
func corrupt(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", driver.ErrCorrupt, err)
}

// decodeChunk reads the value of a roll's block. It does not keep it.
func decodeChunk(value []byte) (roll.Chunk, error) {
	c, err := roll.Decode(value)
	if err != nil {
		return roll.Chunk{}, fmt.Errorf("%w: %w", driver.ErrCorrupt, err)
	}
	return c, nil
}
