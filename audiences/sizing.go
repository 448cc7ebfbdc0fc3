package audiences

import (
	"context"
	"slices"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
)

// Targeting says whom an ad group would reach.
type Targeting struct {
	Include, Exclude []parterre.ID // audiences; everybody when Include is empty
	Dimensions       []Dimension   // all of which must be so
}

// Dimension is one thing that must be so of a person: one of the values of one of the kinds.
type Dimension struct {
	Values    []Attribute
	Countries []string // living in one of them does as well
}

// Attribute is a value of a kind.
type Attribute struct {
	Kind  parterre.AttributeKind
	Value string
}

// Bounds are how many persons are reached: at least those of whom everything that was asked is known to be so, and at most
// those of whom nothing is known to be otherwise.
type Bounds struct{ Lower, Upper uint64 }

// Size says how many persons a targeting reaches. It fails with [parterre.AudienceForbidden] for an audience that the ad account
// neither owns nor received.
func (s *Service) Size(ctx context.Context, account parterre.ID, t Targeting) (Bounds, error) {
	err := s.catalog.View(ctx, func(tx *catalog.Tx) error {
		for _, id := range slices.Concat(t.Include, t.Exclude) {
			if _, err := tx.VisibleAudience(account, id); parterre.CodeOf(err) == parterre.AudienceNotFound {
				return parterre.Errorf(parterre.AudienceForbidden, "You don't have access to the requested audience list or product group.")
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Bounds{}, err
	}
	base := s.everybody()
	if len(t.Include) > 0 {
		if base, err = s.union(ctx, t.Include); err != nil {
			return Bounds{}, err
		}
	}
	without, err := s.union(ctx, t.Exclude)
	if err != nil {
		return Bounds{}, err
	}
	base.AndNot(without)
	surely, perhaps := base, base.Clone()
	for _, d := range t.Dimensions {
		has, known, err := s.dimension(ctx, d)
		if err != nil {
			return Bounds{}, err
		}
		surely.And(has)
		known.AndNot(has)
		perhaps.AndNot(known)
	}
	return Bounds{surely.GetCardinality(), perhaps.GetCardinality()}, nil
}

// everybody is the population.
func (s *Service) everybody() *roaring.Bitmap {
	all := roaring.New()
	all.AddRange(1, uint64(s.index.Population())+1)
	return all
}

// union are the members of audiences now. One that serves nobody yet, or was removed, has none.
func (s *Service) union(ctx context.Context, audiences []parterre.ID) (*roaring.Bitmap, error) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	all := roaring.New()
	for _, id := range audiences {
		m, served := s.serving.of[id]
		if !served {
			continue
		}
		members, err := s.index.Members(ctx, m, s.now().Unix())
		if err != nil {
			return nil, err
		}
		all.Or(members)
	}
	return all, nil
}

// dimension are those of whom it is so, and those of whom anything is known: something of each of its kinds.
func (s *Service) dimension(ctx context.Context, d Dimension) (has, known *roaring.Bitmap, err error) {
	has, known = roaring.New(), roaring.New()
	add := func(to *roaring.Bitmap, m index.Membership) error {
		members, err := s.index.Members(ctx, m, 0)
		if err == nil {
			to.Or(members)
		}
		return err
	}
	kinds := map[parterre.AttributeKind]bool{}
	for _, v := range d.Values {
		kinds[v.Kind] = true
		m, err := s.index.WithAttribute(ctx, v.Kind, v.Value)
		if err == nil {
			err = add(has, m)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for _, c := range d.Countries {
		if err := add(has, index.OfCountry(c)); err != nil {
			return nil, nil, err
		}
	}
	for kind := range kinds {
		err := s.index.EachAttribute(ctx, kind, func(text string, m index.Membership) error {
			if kind == parterre.Gender && text == unknownGender {
				return nil // that is not known to be otherwise
			}
			return add(known, m)
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if len(d.Countries) > 0 {
		for _, c := range parterre.Countries() {
			if err := add(known, index.OfCountry(c)); err != nil {
				return nil, nil, err
			}
		}
	}
	return has, known, nil
}

// unknownGender is what an import may say of somebody whose gender nobody knows.
const unknownGender = "unknown"

// Ages are the values of all ages from least to most, in years.
func Ages(least, most int) (all []Attribute) {
	for age := max(least, 0); age <= min(most, parterre.MaxAge); age++ {
		all = append(all, Attribute{parterre.Age, strconv.Itoa(age)})
	}
	return all
}
