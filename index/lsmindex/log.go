package lsmindex

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/row"
)

// entry is what one call of Apply left pending. It is kept in the tree, as one value of the table of the log, until what
// it says is in the rolls and rows; when the store is opened, it is read back from there.
type entry struct {
	number uint64
	drops  []driver.RollID
	moves  []driver.Move
	acts   []driver.Act
	rows   []driver.Row
}

// same marks the roll of a move that has the person and stamp of the move before it.
const same = 0x80

// append appends the body of the value: the drops; the moves; the acts; and the rows, each with their number before them.
// Numbers are uvarints. A roll is its kind, one byte, A and B. A move is its roll; and, unless the top bit of the kind is set,
// which says that they are those of the move before, person and stamp. An act is page, facet, person and stamp. A row is facet,
// person, stamp and page, the fields and the items.
func (e *entry) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(e.drops)))
	for _, id := range e.drops {
		dst = appendRollID(dst, id, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.moves)))
	for i, m := range e.moves {
		if i > 0 && m.Person == e.moves[i-1].Person && m.Stamp == e.moves[i-1].Stamp {
			dst = appendRollID(dst, m.Roll, same)
			continue
		}
		dst = appendRollID(dst, m.Roll, 0)
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(m.Person)), uint64(m.Stamp))
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.acts)))
	for i := range e.acts {
		a := &e.acts[i]
		for _, n := range [4]uint32{uint32(a.Page), uint32(a.Facet), uint32(a.Person), uint32(a.Stamp)} {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.rows)))
	for i := range e.rows {
		r := &e.rows[i]
		for _, n := range []uint32{uint32(r.Facet), uint32(r.Person), uint32(r.Stamp), r.Page} {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
		dst = appendData(dst, r.Data.Fields)
		dst = binary.AppendUvarint(dst, uint64(len(r.Data.Items)))
		for _, item := range r.Data.Items {
			dst = appendData(dst, item)
		}
	}
	return dst
}

func appendRollID(dst []byte, id driver.RollID, mark byte) []byte {
	dst = append(dst, byte(id.Kind)|mark)
	return binary.AppendUvarint(binary.AppendUvarint(dst, id.A), uint64(id.B))
}

func appendData(dst []byte, data []parterre.Datum) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(data)))
	for _, d := range data {
		for _, s := range [2]string{d.Name, d.Value} {
			dst = append(binary.AppendUvarint(dst, uint64(len(s))), s...)
		}
	}
	return dst
}

// decodeEntry undoes append.
func decodeEntry(number uint64, body []byte) (*entry, error) {
	r := entryReader{rest: body}
	e := &entry{number: number}
	for range r.count() {
		id, _ := r.roll()
		e.drops = append(e.drops, id)
	}
	var last driver.Move
	for range r.count() {
		id, again := r.roll()
		if !again {
			last.Person, last.Stamp = parterre.PersonID(r.number()), parterre.Stamp(r.number())
		}
		last.Roll = id
		e.moves = append(e.moves, last)
	}
	for range r.count() {
		e.acts = append(e.acts, driver.Act{
			Page: driver.PageID(r.number()), Facet: driver.FacetID(r.number()),
			Person: parterre.PersonID(r.number()), Stamp: parterre.Stamp(r.number()),
		})
	}
	for range r.count() {
		e.rows = append(e.rows, driver.Row{Facet: driver.FacetID(r.number()), Row: row.Row{
			Person: parterre.PersonID(r.number()), Stamp: parterre.Stamp(r.number()), Page: uint32(r.number()),
			Data: parterre.EventData{Fields: r.data(), Items: r.items()},
		}})
	}
	if r.bad || len(r.rest) > 0 {
		return nil, fmt.Errorf("%w: entry %d of the log", driver.ErrCorrupt, number)
	}
	return e, nil
}

// entryReader takes an entry apart. Once bad, it stays so.
type entryReader struct {
	rest []byte
	bad  bool
}

func (r *entryReader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// count reads how many things follow, of which each takes a byte at least.
func (r *entryReader) count() int {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return 0
	}
	return int(n)
}

func (r *entryReader) roll() (id driver.RollID, again bool) {
	if len(r.rest) == 0 {
		r.bad = true
		return id, false
	}
	kind := r.rest[0]
	r.rest = r.rest[1:]
	return driver.RollID{Kind: driver.RollKind(kind &^ same), A: r.number(), B: uint32(r.number())}, kind&same != 0
}

func (r *entryReader) text() string {
	n := r.count()
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

func (r *entryReader) data() (data []parterre.Datum) {
	for range r.count() {
		data = append(data, parterre.Datum{Name: r.text(), Value: r.text()})
	}
	return data
}

func (r *entryReader) items() (items [][]parterre.Datum) {
	for range r.count() {
		items = append(items, r.data())
	}
	return items
}

// readLog makes what the log holds pending again, when the store is opened.
func (x *Index) readLog() error {
	it, err := x.db.NewIter(&pebble.IterOptions{LowerBound: logKey(0), UpperBound: logKey(^uint64(0))})
	if err != nil {
		return err
	}
	defer func() {
		if closing := it.Close(); err == nil {
			err = closing
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		body, err := unseal(value)
		if err != nil {
			return err
		}
		e, err := decodeEntry(binary.BigEndian.Uint64(it.Key()[1:]), body)
		if err != nil {
			return err
		}
		x.mu.young.add(e)
		x.mu.number = e.number
	}
	return it.Error()
}
