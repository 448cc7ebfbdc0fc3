package lsmindex

import (
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/row"
)

const (
	// rowsTogether is how many rows are put into a block in memory, while those who read wait.
	rowsTogether = 512
	// textTogether is how many bytes of names and values are, when there are fewer rows.
	textTogether = 1 << 20
	// bytesPerRow is about how much memory a row takes beside its names and values.
	bytesPerRow = 200
)

// looseRows are the rows of a facet: blocks, and what is left over. What has been handed out is never changed.
type looseRows struct {
	blocks []*row.Block
	rest   []row.Row
	text   int64 // bytes of names and values of the rest
}

// add adds a row and says how much more memory that takes, about.
func (l *looseRows) add(r row.Row) (bytes int64) {
	text := int64(0)
	eachDatum(&r.Data, func(d *parterre.Datum) { text += int64(len(d.Name) + len(d.Value)) })
	l.rest, l.text = append(l.rest, r), l.text+text
	bytes = bytesPerRow + text
	if len(l.rest) == rowsTogether || l.text > textTogether {
		block := row.Of(l.rest)
		bytes += int64(block.Size) - int64(len(l.rest))*bytesPerRow - l.text
		l.blocks, l.rest, l.text = append(l.blocks, block), nil, 0
	}
	return bytes
}

// all are the blocks, with one of what is left over.
func (l *looseRows) all() []*row.Block {
	if len(l.rest) == 0 {
		return l.blocks
	}
	return append(slices.Clip(l.blocks), row.Of(l.rest))
}

// ownCopies gives rows whose texts are in one string of their own: else a row would hold the whole body of the request that
// it came with.
func ownCopies(rows []driver.Row) []driver.Row {
	var all strings.Builder
	for i := range rows {
		eachDatum(&rows[i].Data, func(d *parterre.Datum) {
			all.WriteString(d.Name)
			all.WriteString(d.Value)
		})
	}
	text, own := all.String(), make([]driver.Row, len(rows))
	cut := func(n int) (s string) {
		s, text = text[:n], text[n:]
		return s
	}
	for i := range rows {
		own[i] = rows[i]
		own[i].Data.Fields = slices.Clone(rows[i].Data.Fields)
		own[i].Data.Items = slices.Clone(rows[i].Data.Items)
		for j := range own[i].Data.Items {
			own[i].Data.Items[j] = slices.Clone(own[i].Data.Items[j])
		}
		eachDatum(&own[i].Data, func(d *parterre.Datum) {
			d.Name, d.Value = cut(len(d.Name)), cut(len(d.Value))
		})
	}
	return own
}

func eachDatum(data *parterre.EventData, do func(*parterre.Datum)) {
	for i := range data.Fields {
		do(&data.Fields[i])
	}
	for _, item := range data.Items {
		for i := range item {
			do(&item[i])
		}
	}
}
