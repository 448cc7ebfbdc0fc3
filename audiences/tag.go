package audiences

import (
	"context"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
)

// CreateConversionTag creates a conversion tag. It is durable when it returns.
func (s *Service) CreateConversionTag(
	ctx context.Context, p *parterre.Principal, account parterre.ID, name string, config parterre.TagConfig,
) (parterre.ConversionTag, error) {
	t := parterre.ConversionTag{AdAccount: account, Name: name, Configs: config, Created: s.now().Unix()}
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := tx.CreateConversionTag(&t); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: account, Operation: "conversion_tags/create", Subject: t.ID, After: 1})
	})
	return t, err
}

// ConversionTag reads a conversion tag of the ad account.
func (s *Service) ConversionTag(
	ctx context.Context, account, id parterre.ID,
) (t parterre.ConversionTag, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		t, err = tx.ConversionTag(account, id)
		return err
	})
	return t, err
}

// ConversionTags lists all conversion tags of the ad account, newest first (reference, section 7.2).
func (s *Service) ConversionTags(
	ctx context.Context, account parterre.ID,
) (tags []parterre.ConversionTag, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		tags, err = collect(func(page catalog.Page) ([]parterre.ConversionTag, parterre.ID, error) {
			return tx.ConversionTags(account, page)
		})
		return err
	})
	slices.Reverse(tags)
	return tags, err
}
