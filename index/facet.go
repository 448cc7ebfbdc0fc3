package index

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// facetFormat is the first byte of a facet's body. docs/format/index.md describes the rest; a change of it takes the
// next number.
const facetFormat = 1

// encodeFacet appends the body of a facet to dst. Equal facets have equal bodies.
func encodeFacet(dst []byte, f *parterre.Facet) []byte {
	dst = append(dst, facetFormat, byte(f.Kind))
	for _, id := range []parterre.ID{f.Account, f.Tag, f.Pin, f.Ad, f.Campaign} {
		dst = binary.AppendUvarint(dst, uint64(id))
	}
	for _, s := range []string{
		f.URL, f.Name, string(f.Source), string(f.Ingestion), string(f.Type), f.Objective, f.Domain,
	} {
		dst = appendString(dst, s)
	}
	dst = appendData(dst, f.Data.Fields)
	dst = binary.AppendUvarint(dst, uint64(len(f.Data.Items)))
	for _, item := range f.Data.Items {
		dst = appendData(dst, item)
	}
	return dst
}

// facetKey is where the facet with that body is found.
func facetKey(account parterre.ID, body []byte) driver.FacetKey {
	sum := sha256.Sum256(body)
	return driver.FacetKey{Account: account, Digest: [16]byte(sum[:16])}
}

// decodeFacet reads the body of a facet.
func decodeFacet(body []byte) (f parterre.Facet, err error) {
	if len(body) < 2 || body[0] != facetFormat {
		return f, fmt.Errorf("facet of an unknown format: %w", driver.ErrCorrupt)
	}
	r := reader{rest: body[2:]}
	f.Kind = parterre.FacetKind(body[1])
	for _, id := range []*parterre.ID{&f.Account, &f.Tag, &f.Pin, &f.Ad, &f.Campaign} {
		*id = parterre.ID(r.uvarint())
	}
	f.URL, f.Name = r.string(), r.string()
	f.Source, f.Ingestion = parterre.EventSource(r.string()), parterre.IngestionSource(r.string())
	f.Type, f.Objective, f.Domain = parterre.EngagementType(r.string()), r.string(), r.string()
	f.Data.Fields = r.data()
	for range r.count() {
		f.Data.Items = append(f.Data.Items, r.data())
	}
	if r.bad || len(r.rest) > 0 {
		return parterre.Facet{}, fmt.Errorf("facet cut short: %w", driver.ErrCorrupt)
	}
	return f, nil
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

func appendData(dst []byte, data []parterre.Datum) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(data)))
	for _, d := range data {
		dst = appendString(appendString(dst, d.Name), d.Value)
	}
	return dst
}

// reader takes a body apart. After something that does not fit, bad is set and everything else reads as empty.
type reader struct {
	rest []byte
	bad  bool
}

// uvarint reads a number. One that is written longer than it must be is refused, so that equal facets have equal bodies.
func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || size > 1 && r.rest[size-1] == 0 {
		r.bad, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// count reads how many parts follow; each takes a byte at least, so more than there are bytes is wrong.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad, r.rest = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) string() string {
	n := r.count()
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s
}

func (r *reader) data() []parterre.Datum {
	var data []parterre.Datum
	for range r.count() {
		data = append(data, parterre.Datum{Name: r.string(), Value: r.string()})
	}
	return data
}
