package index

import (
	"context"
	"maps"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// AdvertiserEvents are the names of the ad account's conversion events that the platform does not know, in order. They are
// those of its facets.
func (ix *Index) AdvertiserEvents(ctx context.Context, account parterre.ID) ([]string, error) {
	names := map[string]bool{}
	err := ix.d.ScanFacets(ctx, account, func(_ driver.FacetID, body []byte) error {
		f, err := decodeFacet(body)
		if err != nil {
			return err
		}
		if f.Kind == parterre.Conversion && parterre.EventNumber(f.Name) == 0 {
			names[f.Name] = true
		}
		return nil
	})
	if err != nil {
		return nil, parterre.Internalf(err, "read the event names of ad account %d", account)
	}
	return slices.Sorted(maps.Keys(names)), nil
}
