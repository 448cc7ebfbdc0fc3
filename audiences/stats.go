package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// Stats is what the service holds, and how it does, as it is at about one moment.
type Stats struct {
	At       int64 // seconds since 1970
	Index    index.Stats
	Usage    map[string]int64 // bytes on the disk by what they hold, about; nil when the store does not tell
	Progress Progress
}

// Stats tells of the service as a whole, for the operator.
func (s *Service) Stats() (Stats, error) {
	used, err := s.index.Usage()
	return Stats{At: s.now().Unix(), Index: s.index.Stats(), Usage: used, Progress: s.Progress()}, err
}

// AccountStats is what an ad account holds.
type AccountStats struct {
	Account       parterre.AdAccount
	Facets, Pages int // those that are there
	Events        int // different events that are known; an estimate, see [index.Index.CountEvents]
	Audiences     map[AudienceKind]int
	Lists, Tags   int
	Uploads       map[parterre.UploadState]int
}

// AudienceKind is what audiences are counted by.
type AudienceKind struct {
	Type   parterre.AudienceType
	Status parterre.Status
}

// AccountStats tells of the ad accounts after one, at most so many, in the order of their ids, for the operator. Each is read
// whole, its facets and the sizes of its audiences included: that takes as long as there are many.
func (s *Service) AccountStats(ctx context.Context, after parterre.ID, most int) (all []AccountStats, next parterre.ID, err error) {
	var accounts []parterre.AdAccount
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		accounts, next, err = tx.AdAccounts(catalog.Page{After: after, Limit: most})
		return err
	})
	for _, a := range accounts {
		if err != nil {
			break
		}
		var one AccountStats
		if one, err = s.statsOf(ctx, a); err == nil {
			all = append(all, one)
		}
	}
	return all, next, err
}

func (s *Service) statsOf(ctx context.Context, a parterre.AdAccount) (one AccountStats, err error) {
	one = AccountStats{Account: a, Audiences: map[AudienceKind]int{}, Uploads: map[parterre.UploadState]int{}}
	if one.Facets, one.Pages, err = s.index.Extent(ctx, a.ID); err != nil {
		return one, err
	}
	if one.Events, err = s.index.CountAllEvents(ctx, a.ID); err != nil {
		return one, err
	}
	if err := s.countAudiences(ctx, a.ID, one.Audiences); err != nil {
		return one, err
	}
	return one, s.catalog.View(ctx, func(tx *catalog.Tx) error {
		lists, err := collect(func(p catalog.Page) ([]parterre.CustomerList, parterre.ID, error) { return tx.CustomerLists(a.ID, p) })
		if err != nil {
			return err
		}
		tags, err := collect(func(p catalog.Page) ([]parterre.ConversionTag, parterre.ID, error) { return tx.ConversionTags(a.ID, p) })
		if err != nil {
			return err
		}
		one.Lists, one.Tags = len(lists), len(tags)
		for _, l := range lists {
			uploads, err := collect(func(p catalog.Page) ([]parterre.CustomerListUpload, parterre.ID, error) { return tx.Uploads(l.ID, p) })
			if err != nil {
				return err
			}
			for i := range uploads {
				if s.expired(&uploads[i]) {
					expire(&uploads[i])
				}
				one.Uploads[uploads[i].State]++
			}
		}
		return nil
	})
}

// countAudiences counts the audiences of an ad account, some at a time: nobody who changes what serves waits for all of them.
func (s *Service) countAudiences(ctx context.Context, account parterre.ID, into map[AudienceKind]int) error {
	for p := (catalog.Page{Limit: 20}); ; {
		next, err := s.countSome(ctx, account, p, into)
		if err != nil || next == 0 {
			return err
		}
		p.After = next
	}
}

func (s *Service) countSome(ctx context.Context, account parterre.ID, p catalog.Page, into map[AudienceKind]int) (next parterre.ID, err error) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	var some []parterre.Audience
	err = s.catalog.View(ctx, func(tx *catalog.Tx) (err error) {
		some, next, err = tx.Audiences(account, p)
		return err
	})
	for i := range some {
		if err != nil {
			break
		}
		var v View
		if v, err = s.view(ctx, &some[i]); err == nil {
			into[AudienceKind{v.Type, v.Status}]++
		}
	}
	return next, err
}
