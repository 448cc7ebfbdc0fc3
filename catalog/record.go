package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

// noun is a kind of record: where its rows are, which id the first one gets, and how its absence is reported.
type noun struct {
	table  driver.Table
	first  parterre.ID
	code   parterre.Code
	absent string
}

// missing is the error for a record of the noun that is not there.
func (n noun) missing() error { return parterre.Errorf(n.code, "%s", n.absent) }

// row reads the row of a record.
func (t *Tx) row(n noun, id parterre.ID) (driver.Row, error) {
	row, err := t.rows.Row(t.ctx, n.table, id)
	return row, t.found(n, err)
}

// byKey reads the row of a record by its second name. No record has the empty one.
func (t *Tx) byKey(n noun, key string) (driver.Row, error) {
	if key == "" {
		return driver.Row{}, n.missing()
	}
	row, err := t.rows.ByKey(t.ctx, n.table, key)
	return row, t.found(n, err)
}

// owned reads the row of a record that must belong to owner. A record of somebody else is as good as absent.
func (t *Tx) owned(n noun, owner, id parterre.ID) (driver.Row, error) {
	row, err := t.row(n, id)
	if err == nil && row.Owner != owner {
		return driver.Row{}, n.missing()
	}
	return row, err
}

// found turns the absence of a row into the noun's error.
func (t *Tx) found(n noun, err error) error {
	if errors.Is(err, driver.ErrNotFound) {
		return n.missing()
	}
	return classify(err, "read "+string(n.table))
}

// put writes a row.
func (t *Tx) put(n noun, row driver.Row) error {
	if t.w == nil {
		return parterre.Internalf(errReadOnly, "write %s", n.table)
	}
	if row.ID <= 0 {
		return parterre.Internalf(fmt.Errorf("the id %d is not above 0", row.ID), "write %s", n.table)
	}
	t.stale = t.stale || concerns(n.table)
	return classify(t.w.Put(t.ctx, n.table, row), "write "+string(n.table))
}

// replace writes a row in place of the one that must be there, so that a late write cannot bring back what was removed.
func (t *Tx) replace(n noun, row driver.Row) error {
	if _, err := t.owned(n, row.Owner, row.ID); err != nil {
		return err
	}
	return t.put(n, row)
}

// remove deletes a row; that there is none is not an error.
func (t *Tx) remove(n noun, id parterre.ID) error {
	if t.w == nil {
		return parterre.Internalf(errReadOnly, "delete from %s", n.table)
	}
	t.stale = t.stale || concerns(n.table)
	return classify(t.w.Delete(t.ctx, n.table, id), "delete from "+string(n.table))
}

// next takes an id that no record of the noun has had.
func (t *Tx) next(n noun) (parterre.ID, error) {
	if t.w == nil {
		return 0, parterre.Internalf(errReadOnly, "number %s", n.table)
	}
	id, err := t.w.Next(t.ctx, n.table, n.first)
	return id, classify(err, "number "+string(n.table))
}

// page reads the rows of a page, and the id to continue after, 0 when the list ends here.
func (t *Tx) page(n noun, owner parterre.ID, p Page) ([]driver.Row, parterre.ID, error) {
	if p.Limit <= 0 {
		return nil, 0, parterre.Internalf(fmt.Errorf("the limit %d is not above 0", p.Limit), "list %s", n.table)
	}
	rows, err := t.rows.List(t.ctx, n.table, driver.Range{
		Owner: owner, After: p.After, Descending: p.Descending, Limit: p.Limit + 1,
	})
	if err != nil {
		return nil, 0, classify(err, "list "+string(n.table))
	}
	if len(rows) <= p.Limit {
		return rows, 0, nil
	}
	return rows[:p.Limit], rows[p.Limit-1].ID, nil
}

// walkStep is how many records walk reads at a time.
const walkStep = 500

// walk yields all records of an owner in ascending order of their ids, and ends with the error of yield.
func walk[T any](t *Tx, n noun, owner parterre.ID, yield func(T) error) error {
	for p := (Page{Limit: walkStep}); ; {
		all, next, err := list[T](t, n, owner, p)
		if err != nil {
			return err
		}
		for _, v := range all {
			if err := yield(v); err != nil {
				return err
			}
		}
		if next == 0 {
			return nil
		}
		p.After = next
	}
}

// list reads a page of records, and the id to continue after, 0 when the list ends here.
func list[T any](t *Tx, n noun, owner parterre.ID, p Page) ([]T, parterre.ID, error) {
	rows, next, err := t.page(n, owner, p)
	if err != nil {
		return nil, 0, err
	}
	all := make([]T, len(rows))
	for i, row := range rows {
		if all[i], err = decode[T](n, row); err != nil {
			return nil, 0, err
		}
	}
	return all, next, nil
}

// load reads a record that must belong to owner.
func load[T any](t *Tx, n noun, owner, id parterre.ID) (T, error) {
	row, err := t.owned(n, owner, id)
	if err != nil {
		return *new(T), err
	}
	return decode[T](n, row)
}

// decode reads a record out of its row.
func decode[T any](n noun, row driver.Row) (T, error) {
	var v T
	if err := json.Unmarshal(row.Body, &v); err != nil {
		return *new(T), parterre.Internalf(err, "decode %s of %s", row.ID, n.table)
	}
	return v, nil
}

// encode writes a record as the body of a row. What the caller sent as JSON stays as it was, but for white space.
func encode(n noun, v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, parterre.Internalf(err, "encode a record of %s", n.table)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// save encodes a record and hands its row to write, which is put or replace.
func (t *Tx) save(write func(noun, driver.Row) error, n noun, row driver.Row, v any) error {
	body, err := encode(n, v)
	if err != nil {
		return err
	}
	row.Body = body
	return write(n, row)
}
