package audiences

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// Population says whose insights are asked for (contract, AudienceInsightType).
type Population string

// The populations.
const (
	TotalAudience   Population = "YOUR_TOTAL_AUDIENCE"
	EngagedAudience Population = "YOUR_ENGAGED_AUDIENCE"
	Everybody       Population = "PINTEREST_TOTAL_AUDIENCE"
)

// Populations are all the populations, the default first.
var Populations = []Population{TotalAudience, EngagedAudience, Everybody}

// insightsWindow is how far back insights look, in seconds (reference, section 10).
const insightsWindow = 30 * 24 * 3600

// mostShares is how many values of a kind insights tell.
const mostShares = 100

// Share is how a value is spread: Ratio of the persons have it, and Index times as many as in the whole population.
type Share struct {
	Value        string
	Ratio, Index float64
}

// Insights says who a population is. Shares are those of all its persons, the largest first, and leave out who is not known.
type Insights struct {
	At                                                    int64 // seconds since 1970
	Size                                                  uint64
	Ages, Genders, Countries, Metros, Devices, Categories []Share
}

// ageBuckets are the ages that are told together.
var ageBuckets = []struct {
	name        string
	least, most int
}{
	{"18-24", 18, 24}, {"25-34", 25, 34}, {"35-44", 35, 44}, {"45-49", 45, 49}, {"50-54", 50, 54}, {"55-64", 55, 64}, {"65+", 65, parterre.MaxAge},
}

// AgeBucket gives the ages of a bucket of targeting, such as 25-34 or 21+.
func AgeBucket(name string) (least, most int, ok bool) {
	for _, b := range ageBuckets {
		if b.name == name {
			return b.least, b.most, true
		}
	}
	if n, err := strconv.Atoi(name[:max(0, len(name)-1)]); err == nil && name[len(name)-1] == '+' {
		return n, parterre.MaxAge, true
	}
	return 0, 0, false
}

// Insights computes who a population of the ad account is, from who is really in it.
func (s *Service) Insights(ctx context.Context, account parterre.ID, of Population) (in Insights, err error) {
	in.At = s.now().Unix()
	people, err := s.population(ctx, account, of, in.At)
	if err != nil {
		return in, err
	}
	in.Size = people.GetCardinality()
	c := census{s: s, people: people, everybody: float64(s.index.Population())}
	for _, part := range []struct {
		kind parterre.AttributeKind
		to   *[]Share
	}{
		{parterre.Gender, &in.Genders}, {parterre.Metro, &in.Metros}, {parterre.Device, &in.Devices}, {parterre.Interest, &in.Categories},
	} {
		if *part.to, err = c.values(ctx, part.kind); err != nil {
			return in, err
		}
	}
	if in.Countries, err = c.countries(ctx); err != nil {
		return in, err
	}
	in.Ages, err = c.ages(ctx)
	return in, err
}

// population are the persons of a population.
func (s *Service) population(
	ctx context.Context, account parterre.ID, of Population, at int64,
) (people *roaring.Bitmap, err error) {
	switch of {
	case Everybody:
		return s.everybody(), nil
	case EngagedAudience:
		return s.index.Active(ctx, account, true, at-insightsWindow)
	default: // who did something, and who is in an audience
		if people, err = s.index.Active(ctx, account, false, at-insightsWindow); err != nil {
			return nil, err
		}
		var own []parterre.ID
		err = s.catalog.View(ctx, func(tx *catalog.Tx) error {
			all, err := collect(func(p catalog.Page) ([]parterre.Audience, parterre.ID, error) { return tx.Audiences(account, p) })
			for _, a := range all {
				if a.Type != parterre.ActAlikeAudience { // who is only alike has nothing to do with the ad account
					own = append(own, a.ID)
				}
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		members, err := s.union(ctx, own)
		if err == nil {
			people.Or(members)
		}
		return people, err
	}
}

// census counts how values are spread among people.
type census struct {
	s         *Service
	people    *roaring.Bitmap
	everybody float64
}

// share is that of those who have a value.
func (c *census) share(name string, having *roaring.Bitmap) (Share, bool) {
	n := having.AndCardinality(c.people)
	if n == 0 {
		return Share{}, false
	}
	ratio := float64(n) / float64(c.people.GetCardinality())
	return Share{Value: name, Ratio: ratio, Index: ratio / (float64(having.GetCardinality()) / c.everybody)}, true
}

func (c *census) values(ctx context.Context, kind parterre.AttributeKind) (all []Share, err error) {
	err = c.s.index.EachAttribute(ctx, kind, func(text string, m index.Membership) error {
		having, err := c.s.index.Members(ctx, m, 0)
		if err != nil {
			return err
		}
		if share, ok := c.share(text, having); ok {
			all = append(all, share)
		}
		return nil
	})
	return largest(all), err
}

func (c *census) countries(ctx context.Context) (all []Share, err error) {
	for _, country := range parterre.Countries() {
		having, err := c.s.index.Members(ctx, index.OfCountry(country), 0)
		if err != nil {
			return nil, err
		}
		if share, ok := c.share(country, having); ok {
			all = append(all, share)
		}
	}
	return largest(all), nil
}

func (c *census) ages(ctx context.Context) (all []Share, err error) {
	for _, b := range ageBuckets {
		having, _, err := c.s.dimension(ctx, Dimension{Values: Ages(b.least, b.most)})
		if err != nil {
			return nil, err
		}
		if share, ok := c.share(b.name, having); ok {
			all = append(all, share)
		}
	}
	return all, nil
}

// largest are the largest shares; of equal ones the value decides.
func largest(all []Share) []Share {
	slices.SortFunc(all, func(a, b Share) int { return cmp.Or(cmp.Compare(b.Ratio, a.Ratio), cmp.Compare(a.Value, b.Value)) })
	return all[:min(len(all), mostShares)]
}
