package lsmindex

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// mergerName is written into the store, which opens with no other merger. A merger that gives other results needs another
// name.
const mergerName = "parterre.beside.v2"

// beside is the first byte of a value that holds several operands. It is no version of an operand.
const beside = 0xfe

// folded is the first byte of a value that was folded, in front of its only operand: nothing was merged into it since. It is no
// version of an operand.
const folded = 0xfd

// mostBeside is how many operands stay side by side in a value before they are merged into one. There are a few more than come
// between two times of folding.
const mostBeside = 24

// merger is the merge operator of rolls and histories: it keeps operands side by side, for whoever reads them to merge, and
// merges them for good when there are many. It is thereby commutative and associative as far as their meaning goes. To keep
// them costs a copy, where merging costs decoding and encoding, in each compaction and in each read of a key that has
// operands in several levels of the tree.
//
// It never fails. Were it to return an error for an operand that is corrupt, the tree would try the same compaction or flush
// again and again, without a pause; a flush that cannot succeed fills the memory with tables until every write waits
// forever. So one bad value would stop the whole store. Were it to leave the operand out, persons would vanish silently.
// Instead the operands that are corrupt stay as they are beside the merged one of the others: every read of this key reports
// [driver.ErrCorrupt], all other keys work, nothing is lost, and dropping the roll ends it.
func merger(log *slog.Logger) *pebble.Merger {
	return &pebble.Merger{
		Name: mergerName,
		Merge: func(key, value []byte) (pebble.ValueMerger, error) {
			m := &merging{log: log, key: append([]byte{}, key...)}
			m.values, m.ends = append(m.values, value...), append(m.ends, len(value))
			return m, nil
		},
	}
}

// merging collects the operands of one key.
type merging struct {
	log    *slog.Logger
	key    []byte
	values []byte // one behind the other
	ends   []int
}

// MergeNewer adds an operand. It must not keep the value.
func (m *merging) MergeNewer(value []byte) error {
	m.values = append(m.values, value...)
	m.ends = append(m.ends, len(m.values))
	return nil
}

// MergeOlder adds an operand: the order does not matter.
func (m *merging) MergeOlder(value []byte) error { return m.MergeNewer(value) }

// Finish gives the merged value. A single operand comes back as it is; whoever reads it will check it.
func (m *merging) Finish(bool) ([]byte, io.Closer, error) {
	if len(m.ends) == 1 {
		return m.values, nil, nil
	}
	var operands [][]byte
	from := 0
	for _, end := range m.ends {
		operands = append(operands, operandsOf(m.values[from:end])...)
		from = end
	}
	if len(operands) > mostBeside {
		operands = unite(m.log, m.key, operands)
	}
	return putBeside(operands), nil, nil
}

// unite merges all operands that are sound into one, and leaves the others as they are.
func unite(log *slog.Logger, key []byte, operands [][]byte) [][]byte {
	u := uniter(&rollUniter{})
	switch table(key[0]) {
	case wideTable:
		u = &wideUniter{}
	case historyTable:
		u = &historyUniter{}
	default: // a block of a roll
	}
	var bad [][]byte
	for _, operand := range operands {
		if err := u.add(operand); err != nil {
			log.Error("index: what is merged is corrupt", slog.String("key", hex.EncodeToString(key)), slog.String("error", err.Error()))
			bad = append(bad, operand)
		}
	}
	return append(bad, u.united())
}

// uniter makes one operand of many. An operand that add refuses leaves no trace.
type uniter interface {
	add(operand []byte) error
	united() []byte
}

type rollUniter struct{ all roll.Accumulator }

func (u *rollUniter) add(operand []byte) error {
	c, err := roll.Decode(operand)
	if err == nil {
		u.all.Add(0, c)
	}
	return err
}

func (u *rollUniter) united() []byte {
	defer u.all.Reset()
	var all roll.Chunk
	_ = u.all.Chunks(func(_ uint16, c roll.Chunk) error { // which fails only when the function does
		all = c
		return nil
	})
	return roll.Append(nil, all)
}

type wideUniter struct{ pairs []roll.Pair }

func (u *wideUniter) add(operand []byte) error {
	n := len(u.pairs)
	all, err := roll.DecodeWide(u.pairs, operand)
	if u.pairs = all; err != nil {
		u.pairs = all[:n]
	}
	return err
}

func (u *wideUniter) united() []byte { return roll.AppendWide(nil, roll.Compact(u.pairs)) }

type historyUniter struct{ parts []history.Part }

func (u *historyUniter) add(operand []byte) error {
	p, err := history.Parse(operand)
	if err == nil {
		u.parts = append(u.parts, p)
	}
	return err
}

func (u *historyUniter) united() []byte { return history.Merge(nil, u.parts...) }

// putBeside makes a value of operands: one as it is; of several the mark, and each behind its length as a uvarint.
func putBeside(operands [][]byte) []byte {
	if len(operands) == 1 {
		return operands[0]
	}
	size := 1
	for _, operand := range operands {
		size += binary.MaxVarintLen32 + len(operand)
	}
	value := append(make([]byte, 0, size), beside)
	for _, operand := range operands {
		value = append(binary.AppendUvarint(value, uint64(len(operand))), operand...)
	}
	return value
}

// operandsOf undoes putBeside, and what folding does. What is neither an operand nor some of them comes back as it is, for
// whoever reads it to refuse.
func operandsOf(value []byte) [][]byte {
	value = withoutFold(value)
	if len(value) == 0 || value[0] != beside {
		return [][]byte{value}
	}
	var operands [][]byte
	for rest := value[1:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)-n) {
			return [][]byte{value}
		}
		operands = append(operands, rest[n:n+int(size)])
		rest = rest[n+int(size):]
	}
	if len(operands) == 0 {
		return [][]byte{value}
	}
	return operands
}

func isFolded(value []byte) bool { return len(value) > 0 && value[0] == folded }

// withoutFold is a value without the mark of what was folded, if it has it.
func withoutFold(value []byte) []byte {
	if isFolded(value) {
		return value[1:]
	}
	return value
}

// eachOperand calls use for each operand of a value, and marks its errors as corruption.
func eachOperand(value []byte, use func(operand []byte) error) error {
	value = withoutFold(value)
	if len(value) == 0 || value[0] != beside { // mostly
		return corrupt(use(value))
	}
	for _, operand := range operandsOf(value) {
		if err := use(operand); err != nil {
			return corrupt(err)
		}
	}
	return nil
}

// corrupt marks an error about bytes that are not what was written.
func corrupt(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", driver.ErrCorrupt, err)
}

// decodeChunk reads the value of a roll's block. It does not keep it.
func decodeChunk(value []byte) (c roll.Chunk, err error) {
	err = eachOperand(value, func(operand []byte) error {
		one, err := roll.Decode(operand)
		c = roll.Merge(c, one)
		return err
	})
	if err != nil {
		return roll.Chunk{}, err
	}
	return c, nil
}
