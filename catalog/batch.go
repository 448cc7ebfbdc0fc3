package catalog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var batches = noun{driver.ListBatches, 1, parterre.NotFound, "Batch could not be found."}

// Batch holds the uploaded records of a customer list that are not matched yet. It is deleted as soon as they are.
type Batch struct {
	ID, List parterre.ID
	Number   int                     // the list's batch: 1 for the creation, one more with each ADD and REMOVE
	Remove   bool                    // the records leave the list
	Records  [][]parterre.Identifier // each is one person, by one identifier or several
}

// PutBatch writes a batch: a new one, whose id it fills in, when the id is 0, otherwise in place of the stored one.
func (t *Tx) PutBatch(b *Batch) error {
	if b.Number < 0 || b.Number > math.MaxInt32 {
		return parterre.Internalf(errPackNumber, "write batch %d of list %s", b.Number, b.List)
	}
	row := driver.Row{ID: b.ID, Owner: b.List, Body: pack(b)}
	if b.ID != 0 {
		return t.replace(batches, row)
	}
	id, err := t.next(batches)
	if err != nil {
		return err
	}
	b.ID, row.ID = id, id
	return t.put(batches, row)
}

// Batch reads a batch, or fails with [parterre.NotFound].
func (t *Tx) Batch(id parterre.ID) (Batch, error) {
	row, err := t.row(batches, id)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{ID: row.ID, List: row.Owner}
	if err := unpack(row.Body, &b); err != nil {
		return Batch{}, parterre.Internalf(err, "decode %s of %s", row.ID, batches.table)
	}
	return b, nil
}

// DeleteBatch removes a batch; that there is none is not an error.
func (t *Tx) DeleteBatch(id parterre.ID) error { return t.remove(batches, id) }

// The body of a batch: a version byte, a byte of flags, the batch number, how many identifiers there are, and each one as
// its kind, the length of its value, and the value. Numbers are unsigned varints. The highest bit of the kind says that the
// identifier is of the same record as the one before.
const (
	packVersion = 1
	flagRemove  = 1
	sameRecord  = 0x80
	leastPacked = 2 // bytes of an identifier with an empty value
)

var (
	errPackVersion = errors.New("the batch is of an unknown version")
	errPackShort   = errors.New("the batch ends early")
	errPackLong    = errors.New("the batch has bytes after its end")
	errPackFlags   = errors.New("the batch has unknown flags")
	errPackNumber  = errors.New("the batch has a malformed number, or one out of range")
	errPackRecord  = errors.New("the batch begins inside a record")
)

// pack writes the body of a batch.
func pack(b *Batch) []byte {
	size, count := 2+2*binary.MaxVarintLen64, 0
	for _, record := range b.Records {
		count += len(record)
		for _, i := range record {
			size += 1 + binary.MaxVarintLen16 + len(i.Value)
		}
	}
	flags := byte(0)
	if b.Remove {
		flags = flagRemove
	}
	body := append(make([]byte, 0, size), packVersion, flags)
	body = binary.AppendUvarint(body, uint64(b.Number))
	body = binary.AppendUvarint(body, uint64(count))
	for _, record := range b.Records {
		for n, i := range record {
			kind := byte(i.Kind)
			if n > 0 {
				kind |= sameRecord
			}
			body = append(body, kind)
			body = binary.AppendUvarint(body, uint64(len(i.Value)))
			body = append(body, i.Value...)
		}
	}
	return body
}

// unpack reads the body of a batch. It accepts what pack writes and nothing else.
func unpack(body []byte, b *Batch) error {
	if len(body) < 2 {
		return errPackShort
	}
	if body[0] != packVersion {
		return fmt.Errorf("%w: %d", errPackVersion, body[0])
	}
	if body[1]&^flagRemove != 0 {
		return fmt.Errorf("%w: %#x", errPackFlags, body[1])
	}
	b.Remove = body[1] == flagRemove
	body = body[2:]
	number, body, err := uvarint(body)
	if err != nil {
		return err
	}
	count, body, err := uvarint(body)
	if err != nil {
		return err
	}
	if number > math.MaxInt32 {
		return errPackNumber
	}
	b.Number = int(number)
	if count > uint64(len(body)/leastPacked) {
		return errPackShort
	}
	all := make([]parterre.Identifier, count) // every record is a part of this one slice
	text := string(body)                      // every value is a part of this one string
	first := 0                                // of the record that is being read
	for i := range all {
		if len(body) < leastPacked {
			return errPackShort
		}
		kind := body[0]
		size, rest, err := uvarint(body[1:])
		if err != nil {
			return err
		}
		if size > uint64(len(rest)) {
			return errPackShort
		}
		at := len(text) - len(rest)
		all[i] = parterre.Identifier{Kind: parterre.IdentifierKind(kind &^ sameRecord), Value: text[at : at+int(size)]}
		body = rest[size:]
		switch {
		case kind&sameRecord == 0 && i > 0:
			b.Records = append(b.Records, all[first:i:i])
			first = i
		case kind&sameRecord != 0 && i == 0:
			return errPackRecord
		}
	}
	if len(all) > 0 {
		b.Records = append(b.Records, all[first:])
	}
	if len(body) != 0 {
		return errPackLong
	}
	return nil
}

// uvarint takes a number off the front of b. The number is written as short as possible.
func uvarint(b []byte) (uint64, []byte, error) {
	n, size := binary.Uvarint(b)
	if size == 0 {
		return 0, nil, errPackShort
	}
	if size < 0 || size > 1 && b[size-1] == 0 {
		return 0, nil, errPackNumber
	}
	return n, b[size:], nil
}
