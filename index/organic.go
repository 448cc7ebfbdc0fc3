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
	for _, pin := range slices.Sorted(maps.Keys(facets)) {
		persons := roaring.New()
		for _, id := range facets[pin] {
			err := ix.d.Chunks(ctx, facetRoll(id), func(block uint16, c roll.Chunk) error {
				for i := range c.Len() {
					low, _ := c.At(i)
					persons.Add(uint32(roll.Person(block, low)))
				}
				return nil
			})
			if err != nil {
				return parterre.Internalf(err, "read who engaged with a pin")
			}
		}
		if err := yield(pin, persons); err != nil {
			return err
		}
	}
	return nil
}
