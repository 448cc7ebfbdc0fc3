package audiences

import (
	"context"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/rule"
)

// evaluateActAlike fills the roll of an audience with those who act most like its seeds, and keeps what is to be said of that.
// Nobody is a member when there are too few seeds, or nobody in the country.
func (s *Service) evaluateActAlike(ctx context.Context, a *parterre.Audience, r *rule.ActAlike) error {
	seeds, err := s.seedMembers(ctx, a, r.Seeds)
	if err != nil {
		return err
	}
	id := index.AudienceRoll(a.ID, a.RuleVersion)
	if err := s.index.Drop(ctx, id); err != nil { // what an attempt before this one left
		return err
	}
	country, err := s.index.Members(ctx, index.OfCountry(r.Country), s.now().Unix())
	if err != nil {
		return err
	}
	e := evaluation{RuleVersion: a.RuleVersion, ActAlike: ActAlike{
		Computed: s.now().Unix(), Country: r.Country, Percentage: r.Percentage,
		Seeds: int(seeds.GetCardinality()), Persons: int(country.GetCardinality()), //nolint:gosec // persons fit 32 bits
	}}
	if e.SeedMembers, err = seeds.MarshalBinary(); err != nil {
		return parterre.Internalf(err, "encode the seeds of an audience")
	}
	switch {
	case e.Seeds < parterre.MinMembers:
		e.Reason = fmt.Sprintf("the seed audiences have %d members together: at least %d are needed", e.Seeds, parterre.MinMembers)
	case e.Persons == 0:
		e.Reason = fmt.Sprintf("nobody is known to live in %s", r.Country)
	default:
		best, err := s.rank(ctx, &e, seeds, country)
		if err != nil {
			return err
		}
		members := best.ToArray()
		if len(members) < parterre.MinMembers {
			e.Reason = fmt.Sprintf("%d%% of the %d persons who are known to live in %s are %d members: at least %d are needed",
				r.Percentage, e.Persons, r.Country, len(members), parterre.MinMembers)
		}
		if err := s.index.Fill(ctx, id, personIDs(members)); err != nil {
			return err
		}
	}
	return s.keep(ctx, a.ID, &e)
}

// rank finds the members of an audience, with the model when there is one, and says in e how that was done.
func (s *Service) rank(
	ctx context.Context, e *evaluation, seeds, country *roaring.Bitmap,
) (best *roaring.Bitmap, err error) {
	learnt := s.learner.current()
	if learnt.Model == nil {
		s.learner.consider(s.index.Population(), -1)
		return s.bayes(ctx, e, seeds, country)
	}
	p, err := s.engagedWith(ctx, learnt)
	if err != nil {
		return nil, err
	}
	s.learner.consider(p.Persons(), p.Engagements())
	e.Method, e.FactorsVersion, e.FactorsMade = learnt.Model.Method(), learnt.Version, learnt.Made
	all := learnt.Model.Rank(p, seeds, country)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	best, e.Items = all.Cut(e.Percentage), all.Top(explainedItems)
	e.Quality = learnt.Model.Recall(p, seeds, country, e.Percentage)
	return best, ctx.Err()
}

func personIDs(numbers []uint32) []parterre.PersonID {
	ids := make([]parterre.PersonID, len(numbers))
	for i, n := range numbers {
		ids[i] = parterre.PersonID(n)
	}
	return ids
}

// bayes is rank without a model, by pins alone. One pass over the pins serves the seeds, and the half of them by which the
// quality is told.
func (s *Service) bayes(
	ctx context.Context, e *evaluation, seeds, country *roaring.Bitmap,
) (best *roaring.Bitmap, err error) {
	accounts, err := s.everyAccount(ctx)
	if err != nil {
		return nil, err
	}
	known, hidden := actalike.Halves(seeds, country)
	all, half := actalike.NewBayes(s.index.Population(), seeds), actalike.NewBayes(s.index.Population(), known)
	err = s.index.Organic(ctx, accounts, func(pin parterre.ID, persons *roaring.Bitmap) error {
		all.AddNamed("pin:"+pin.String(), persons)
		half.AddItem(persons)
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	best = all.Cut(country, e.Percentage)
	e.Method, e.Items = actalike.Naive, all.Top(explainedItems)
	e.Quality = actalike.NewRecall(half.Cut(country, e.Percentage), known, hidden, country)
	return best, nil
}

// everyEngagement reads who engaged with which pin on the platform, and which interests an import said people have. Known are the
// items that a model knows, in its order.
func (s *Service) everyEngagement(ctx context.Context, known []string) (*actalike.Population, error) {
	accounts, err := s.everyAccount(ctx)
	if err != nil {
		return nil, err
	}
	interests, err := s.index.Interests(ctx)
	if err != nil {
		return nil, err
	}
	return actalike.NewPopulation(s.index.Population(), known, func(yield func(string, *roaring.Bitmap) error) error {
		err := s.index.Organic(ctx, accounts, func(pin parterre.ID, persons *roaring.Bitmap) error {
			return yield("pin:"+pin.String(), persons)
		})
		if err != nil {
			return err
		}
		for _, interest := range interests {
			if err := yield("interest:"+interest.Name, interest.Persons); err != nil {
				return err
			}
		}
		return nil
	})
}

// seedMembers are the members of all seeds. A seed that was removed since, or is shared no longer, is left out; it fails with
// errLater when one has never been evaluated, or has a rule that is not.
func (s *Service) seedMembers(ctx context.Context, a *parterre.Audience, seeds []parterre.ID) (*roaring.Bitmap, error) {
	var there []parterre.ID
	err := s.catalog.View(ctx, func(tx *catalog.Tx) error {
		for _, id := range seeds {
			seed, err := tx.VisibleAudience(a.AdAccount, id)
			switch {
			case parterre.CodeOf(err) == parterre.AudienceNotFound:
			case err != nil:
				return err
			case !seed.Evaluated():
				return errLater
			default:
				there = append(there, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.union(ctx, there)
}

// everyAccount are the ad accounts on the platform, and 0 for content of none.
func (s *Service) everyAccount(ctx context.Context) (ids []parterre.ID, err error) {
	err = s.catalog.View(ctx, func(tx *catalog.Tx) error {
		all, err := collect(tx.AdAccounts)
		ids = append(ids, 0)
		for _, a := range all {
			ids = append(ids, a.ID)
		}
		return err
	})
	return ids, err
}
