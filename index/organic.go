package index

import (
	"context"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// pinStep is how many pins are read by one goroutine, so that starting it does not count.
const pinStep = 16

// Organic yields who engaged with each pin on the platform, in ascending order of the pins. Engagement with an ad is not
// organic and is left out. The bitmap is valid during the call alone.
func (ix *Index) Organic(ctx context.Context, accounts []parterre.ID, yield func(pin parterre.ID, persons *roaring.Bitmap) error) error {
	facets := map[parterre.ID][]driver.FacetID{}
	for _, account := range accounts {
		err := ix.d.ScanFacets(ctx, account, func(id driver.FacetID, body []byte) error {
			f, err := decodeFacet(body)
			if err != nil {
				return err
			}
			if f.Kind == parterre.Engagement && f.Pin != 0 && f.Ad == 0 {
				facets[f.Pin] = append(facets[f.Pin], id)
			}
			return nil
		})
		if err != nil {
			return parterre.Internalf(err, "find the pins of ad account %d", account)
		}
	}
	type engaged struct {
		pin     parterre.ID
		persons *roaring.Bitmap
	}
	pins := slices.Sorted(maps.Keys(facets))
	return inOrder(ctx, len(pins), pinStep, func(ctx context.Context, from, to int) (some []engaged, err error) {
		for _, pin := range pins[from:to] {
			persons, err := ix.personsOf(ctx, facets[pin], 0)
			if err != nil {
				return nil, parterre.Internalf(err, "read who engaged with a pin")
			}
			some = append(some, engaged{pin, persons})
		}
		return some, nil
	}, func(some []engaged) error {
		for _, e := range some {
			if err := yield(e.pin, e.persons); err != nil {
				return err
			}
		}
		return nil
	})
}

// personsOf are those of whom one of the facets came, at the moment or later. The bitmap is the caller's own.
func (ix *Index) personsOf(ctx context.Context, facets []driver.FacetID, since parterre.Stamp) (*roaring.Bitmap, error) {
	all, some := roaring.New(), []uint32(nil)
	for _, id := range facets {
		err := ix.d.Chunks(ctx, facetRoll(id), func(block uint16, c roll.Chunk) error {
			some = some[:0]
			roll.Members(c, roll.Chunk{}, since, func(low uint16) { some = append(some, uint32(roll.Person(block, low))) })
			all.AddMany(some)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}
