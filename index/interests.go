package index

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// topics is the name under which an import says which topics people have.
const topics = "topics"

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
	type interested struct {
		person parterre.PersonID
		names  []string
	}
	all := map[string]*roaring.Bitmap{}
	err := inOrder(ctx, ix.Population(), interestStep, func(ctx context.Context, from, to int) (some []interested, err error) {
		step := make([]parterre.PersonID, to-from)
		for i := range step {
			step[i] = parterre.PersonID(from + i + 1) //nolint:gosec // persons fit 32 bits
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
			if len(names) > 0 {
				some = append(some, interested{step[i], names})
			}
		}
		return some, nil
	}, func(some []interested) error {
		for _, one := range some {
			for _, name := range one.names {
				if all[name] == nil {
					all[name] = roaring.New()
				}
				all[name].Add(uint32(one.person))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	interests := make([]Interest, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		interests = append(interests, Interest{name, all[name]})
	}
	return interests, nil
}

func interestsIn(body []byte) (names []string, err error) {
	if !bytes.Contains(body, []byte(parterre.Interest)) && !bytes.Contains(body, []byte(topics)) {
		return nil, nil // neither name is in it, and decoding takes most of the time
	}
	var known profile
	if err := json.Unmarshal(body, &known); err != nil {
		return nil, parterre.Internalf(fmt.Errorf("%w: %w", driver.ErrCorrupt, err), "read what is known of a person")
	}
	names = slices.Clone(known.Attributes[parterre.Interest])
	var said []string
	if json.Unmarshal(known.More[topics], &said) == nil {
		names = append(names, said...)
	}
	return names, nil
}
