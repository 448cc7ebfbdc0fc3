package index

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// attributes is the ad account, of nobody, among whose facets the values of attributes are kept: a facet whose body is the
// kind, a zero byte and the value, and whose number names two rolls, of those of whom it was said and of those of whom it is
// no longer so. A person's last revision decides, as it does for countries.
const attributes parterre.ID = -1

func attributeBody(kind parterre.AttributeKind, value string) []byte {
	return append(append([]byte(kind), 0), value...)
}

func attributeRoll(kind driver.RollKind, id driver.FacetID) driver.RollID {
	return driver.RollID{Kind: kind, A: uint64(id)}
}

func ofAttribute(id driver.FacetID) Membership {
	return Membership{
		Added: attributeRoll(driver.AttributeJoined, id), Removed: attributeRoll(driver.AttributeLeft, id),
	}
}

// value is an attribute of a kind.
type value struct {
	kind parterre.AttributeKind
	text string
}

// attributeIDs finds the numbers of values, and numbers those that are new.
func (c *change) attributeIDs(ctx context.Context, values map[value]driver.FacetID) error {
	wanted := slices.SortedFunc(maps.Keys(values), func(a, b value) int {
		return strings.Compare(string(a.kind)+"\x00"+a.text, string(b.kind)+"\x00"+b.text)
	})
	keys, bodies := make([]driver.FacetKey, len(wanted)), make([][]byte, len(wanted))
	for i, v := range wanted {
		bodies[i] = attributeBody(v.kind, v.text)
		keys[i] = facetKey(attributes, bodies[i])
	}
	stored, err := c.ix.d.Facets(ctx, keys)
	if err != nil {
		return parterre.Internalf(err, "look attributes up")
	}
	for i, v := range wanted {
		id := stored[i]
		if id == 0 {
			c.tops.Facet++
			id = c.tops.Facet
			c.writes.Facets = append(c.writes.Facets, driver.Facet{Key: keys[i], ID: id, Body: bodies[i]})
		}
		values[v] = id
	}
	return nil
}

// learnAttributes notes what is so of a person from now on, and what no longer is. It reports whether anything changed.
func (c *change) learnAttributes(
	p parterre.PersonID, known *profile, said parterre.Attributes, ids map[value]driver.FacetID,
) (changed bool) {
	for _, kind := range slices.Sorted(maps.Keys(said)) {
		had, has := known.Attributes[kind], said[kind]
		for _, text := range has {
			if !slices.Contains(had, text) {
				changed = c.revise(known, changed)
				c.merge(attributeRoll(driver.AttributeJoined, ids[value{kind, text}]), p, known.Revision)
			}
		}
		for _, text := range had {
			if !slices.Contains(has, text) {
				changed = c.revise(known, changed)
				c.merge(attributeRoll(driver.AttributeLeft, ids[value{kind, text}]), p, known.Revision)
			}
		}
		if known.Attributes == nil {
			known.Attributes = parterre.Attributes{}
		}
		if known.Attributes[kind] = has; len(has) == 0 {
			delete(known.Attributes, kind)
		}
	}
	return changed
}

// revise counts one more change of a person, once a change.
func (*change) revise(known *profile, already bool) bool {
	if !already {
		known.Revision++
	}
	return true
}

// WithAttribute is the membership of those of whom an attribute is so. There may be nobody.
func (ix *Index) WithAttribute(ctx context.Context, kind parterre.AttributeKind, text string) (Membership, error) {
	ids, err := ix.d.Facets(ctx, []driver.FacetKey{facetKey(attributes, attributeBody(kind, text))})
	if err != nil {
		return Membership{}, parterre.Internalf(err, "look an attribute up")
	}
	return ofAttribute(ids[0]), nil // of number 0 there is nobody
}

// EachAttribute yields the values of a kind that were ever said of somebody, in the order in which they were first said.
func (ix *Index) EachAttribute(
	ctx context.Context, kind parterre.AttributeKind, yield func(text string, m Membership) error,
) error {
	var ids []driver.FacetID
	var texts []string
	err := ix.d.ScanFacets(ctx, attributes, func(id driver.FacetID, body []byte) error {
		k, text, ok := strings.Cut(string(body), "\x00")
		if !ok {
			return fmt.Errorf("%w: an attribute without a kind", driver.ErrCorrupt)
		}
		if k == string(kind) {
			ids, texts = append(ids, id), append(texts, text)
		}
		return nil
	})
	if err != nil {
		return parterre.Internalf(err, "list the attributes")
	}
	for i, id := range ids {
		if err := yield(texts[i], ofAttribute(id)); err != nil {
			return err
		}
	}
	return nil
}

// Active are the persons who did something on the ad account since the moment, in seconds since 1970; only engagement with
// its content when engaged is set. The bitmap is the caller's own.
func (ix *Index) Active(ctx context.Context, account parterre.ID, engaged bool, since int64) (*roaring.Bitmap, error) {
	var ids []driver.FacetID
	err := ix.d.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
		f, err := decodeFacet(body)
		if err == nil && (!engaged || f.Kind == parterre.Engagement) {
			ids = append(ids, id)
		}
		return err
	})
	if err != nil {
		return nil, parterre.Internalf(err, "find what happened on ad account %d", account)
	}
	all, err := ix.personsOf(ctx, ids, Membership{Window: 1}.since(since+1))
	if err != nil {
		return nil, parterre.Internalf(err, "read who did something")
	}
	return all, nil
}
