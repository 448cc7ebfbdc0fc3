package audiences

import (
	"context"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// TagView is a conversion tag with what it saw.
type TagView struct {
	parterre.ConversionTag
	Fired int64 // when it saw an event last, in seconds since 1970; 0 for never
}

// TagEvent is a type of event that a conversion tag saw.
type TagEvent struct {
	Tag   parterre.ID
	Type  parterre.ConversionType
	Since int64 // when it saw the first one, in seconds since 1970
}

// CreateConversionTag creates a conversion tag. It is durable when it returns.
func (s *Service) CreateConversionTag(
	ctx context.Context, p *parterre.Principal, account parterre.ID, name string, config parterre.TagConfig,
) (TagView, error) {
	t := parterre.ConversionTag{AdAccount: account, Name: name, Configs: config, Created: s.now().Unix()}
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) error {
		if err := tx.CreateConversionTag(&t); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: account, Operation: "conversion_tags/create", Subject: t.ID, After: 1})
	})
	return TagView{ConversionTag: t}, err
}

// SetTagStatus pauses a conversion tag of whichever ad account, archives it or takes it into use again, for the operator. It
// is durable when it returns.
func (s *Service) SetTagStatus(
	ctx context.Context, p *parterre.Principal, id parterre.ID, status parterre.TagStatus,
) (TagView, error) {
	var t parterre.ConversionTag
	err := s.catalog.Update(ctx, func(tx *catalog.Tx) (err error) {
		if t, err = tx.TagOfAny(id); err != nil {
			return err
		}
		t.State = status
		if err := tx.PutConversionTag(&t); err != nil {
			return err
		}
		return s.audit(tx, p, catalog.Audit{Account: t.AdAccount, Operation: "conversion_tags/update", Subject: id})
	})
	if err != nil {
		return TagView{}, err
	}
	return s.viewTag(ctx, t)
}

// ConversionTag reads a conversion tag of the ad account.
func (s *Service) ConversionTag(ctx context.Context, account, id parterre.ID) (TagView, error) {
	var t parterre.ConversionTag
	err := s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		t, err = tx.ConversionTag(account, id)
		return err
	})
	if err != nil {
		return TagView{}, err
	}
	return s.viewTag(ctx, t)
}

// ConversionTags lists all conversion tags of the ad account, newest first (reference, section 7.2).
func (s *Service) ConversionTags(ctx context.Context, account parterre.ID) ([]TagView, error) {
	tags, err := s.tagsOf(ctx, account)
	if err != nil {
		return nil, err
	}
	views := make([]TagView, len(tags))
	for i, t := range tags {
		if views[i], err = s.viewTag(ctx, t); err != nil {
			return nil, err
		}
	}
	slices.Reverse(views)
	return views, nil
}

// PageVisits lists the conversion tags of the ad account that saw visits of pages, in the order of their ids, and gives the id
// to continue after, 0 when there is no more.
func (s *Service) PageVisits(
	ctx context.Context, account parterre.ID, page catalog.Page,
) (events []TagEvent, next parterre.ID, err error) {
	for some := (catalog.Page{After: page.After, Descending: page.Descending, Limit: 250}); ; some.After = next {
		var tags []parterre.ConversionTag
		err := s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
			tags, next, err = tx.ConversionTags(account, some)
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		for _, t := range tags {
			seen, err := s.index.TagEvents(ctx, t.ID)
			if err != nil {
				return nil, 0, err
			}
			i := slices.IndexFunc(seen, func(e index.TagEvent) bool { return e.Type == parterre.PageVisit })
			if i < 0 {
				continue
			}
			if len(events) == page.Limit {
				return events, events[len(events)-1].Tag, nil
			}
			events = append(events, tagEvent(t.ID, seen[i]))
		}
		if next == 0 {
			return events, 0, nil
		}
	}
}

// Eligible gives, of each conversion tag of the ad account that is in use, the events that a campaign can be optimised for: of
// every type that the tag saw, but for visits of pages and events of no known type. A tag without such events is left out.
func (s *Service) Eligible(ctx context.Context, account parterre.ID) (map[parterre.ID][]TagEvent, error) {
	tags, err := s.tagsOf(ctx, account)
	if err != nil {
		return nil, err
	}
	all := map[parterre.ID][]TagEvent{}
	for _, t := range tags {
		if t.Status() != parterre.TagActive {
			continue
		}
		seen, err := s.index.TagEvents(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range seen {
			if e.Type != parterre.PageVisit && e.Type != parterre.UnknownConversion {
				all[t.ID] = append(all[t.ID], tagEvent(t.ID, e))
			}
		}
	}
	return all, nil
}

func tagEvent(tag parterre.ID, e index.TagEvent) TagEvent {
	return TagEvent{Tag: tag, Type: e.Type, Since: int64(e.First)}
}

// tagsOf reads all conversion tags of the ad account, in the order of their ids.
func (s *Service) tagsOf(ctx context.Context, account parterre.ID) (tags []parterre.ConversionTag, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		tags, err = collect(func(page catalog.Page) ([]parterre.ConversionTag, parterre.ID, error) {
			return tx.ConversionTags(account, page)
		})
		return err
	})
	return tags, err
}

// viewTag adds what a tag saw. An event that lies ahead of the clock has not been seen later than now.
func (s *Service) viewTag(ctx context.Context, t parterre.ConversionTag) (TagView, error) {
	v := TagView{ConversionTag: t}
	seen, err := s.index.TagEvents(ctx, t.ID)
	for _, e := range seen {
		v.Fired = max(v.Fired, int64(e.Last))
	}
	v.Fired = min(v.Fired, s.now().Unix())
	return v, err
}
