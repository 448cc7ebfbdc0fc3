package audiences

import (
	"context"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// Import takes persons of the population in, for the operator of the platform.
func (s *Service) Import(ctx context.Context, people []parterre.Person) error {
	err := s.watched(ctx, Work{Kind: WorkImport, Count: len(people)}, func(ctx context.Context) error {
		return s.index.Import(ctx, people)
	})
	if err == nil {
		s.taken.persons.Add(uint64(len(people)))
	}
	s.engaged.moves.Add(int64(len(people))) // nobody knows what came in when it failed
	return err
}

// Ingest takes events and engagements in. All of them are durable when it returns nil, none is taken in otherwise.
func (s *Service) Ingest(ctx context.Context, events []parterre.Event) error {
	err := s.watched(ctx, Work{Kind: WorkIngest, Account: accountOf(events), Count: len(events)}, func(ctx context.Context) error {
		return s.index.Ingest(ctx, events)
	})
	if err == nil {
		s.taken.events.Add(uint64(len(events)))
	}
	s.engaged.ingested(events) // nobody knows what came in when it failed
	return err
}

// AccountExists says whether there is such an ad account on the platform, for the operator.
func (s *Service) AccountExists(ctx context.Context, id parterre.ID) (exists bool, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) error {
		_, err := tx.AdAccount(id)
		exists = err == nil
		if parterre.CodeOf(err) == parterre.NotFound {
			return nil
		}
		return err
	})
	return exists, err
}

// BusinessExists says whether there is such a business on the platform, for the operator.
func (s *Service) BusinessExists(ctx context.Context, id parterre.ID) (exists bool, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) error {
		_, err := tx.Business(id)
		exists = err == nil
		return ignoreAbsent(err)
	})
	return exists, err
}

// TagTakes says whether the ad account has such a conversion tag and it takes events, for the operator.
func (s *Service) TagTakes(ctx context.Context, account, id parterre.ID) (takes bool, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) error {
		t, err := tx.ConversionTag(account, id)
		takes = err == nil && t.Status() == parterre.TagActive
		if parterre.CodeOf(err) == parterre.ConversionTagNotFound {
			return nil
		}
		return err
	})
	return takes, err
}

// EventCounts counts the different events of an ad account on the days from first to last, as [index.Index.CountEvents] does,
// for the operator.
func (s *Service) EventCounts(
	ctx context.Context, account parterre.ID, first, last uint16,
) (days []index.DayCount, all int, err error) {
	return s.index.CountEvents(ctx, account, first, last)
}
