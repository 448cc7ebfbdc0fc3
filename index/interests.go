package index

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// interestStep is how many persons are read at a time.
const interestStep = 4096

// Interest is who has an interest, or a topic.
type Interest struct {
	Name    string
	Persons *roaring.Bitmap
}

// Interests gives who has each interest or topic that an import said people have, in ascending order of the names. What was
// said in another form than a list of strings says nothing. It reads what is known of everybody.
func (ix *Index) Interests(ctx context.Context) ([]Interest, error) {
	all := map[string]*roaring.Bitmap{}
	people := parterre.PersonID(ix.Population()) //nolint:gosec // persons fit 32 bits
	for first := parterre.PersonID(1); first <= people; first += interestStep {
		var step []parterre.PersonID
		for p := first; p <= people && p < first+interestStep; p++ {
			step = append(step, p)
		}
		bodies, err := ix.d.People(ctx, step)
		if err != nil {
			return nil, parterre.Internalf(err, "read what is known of persons")
		}
		for i, body := range bodies {
			names, err := interestsIn(body)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				if all[name] == nil {
					all[name] = roaring.New()
				}
				all[name].Add(uint32(step[i]))
			}
		}
	}
	interests := make([]Interest, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		interests = append(interests, Interest{name, all[name]})
	}
	return interests, nil
}

func interestsIn(body []byte) (names []string, err error) {
	if body == nil {
		return nil, nil
	}
	var known profile
	if err := json.Unmarshal(body, &known); err != nil {
		return nil, parterre.Internalf(fmt.Errorf("%w: %w", driver.ErrCorrupt, err), "read what is known of a person")
	}
	names = slices.Clone(known.Attributes[parterre.Interest])
	var topics []string
	if json.Unmarshal(known.More["topics"], &topics) == nil {
		names = append(names, topics...)
	}
	return names, nil
}
