package index

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// profile is what the index keeps of a person beside the identifiers, as the body of a driver's Person.
type profile struct {
	Country string `json:"country,omitempty"`
	// Revision counts the changes of the country and the attributes. It stamps their rolls, in which a person's last change wins.
	Revision parterre.Stamp `json:"revision,omitempty"`

	Attributes parterre.Attributes        `json:"attributes,omitempty"`
	More       map[string]json.RawMessage `json:"more,omitempty"` // what else was said, by name
}

// Import takes persons of the population in. Somebody who is known by one of the identifiers is the same person, whom the
// other identifiers then point at as well. A country replaces the one known before, an empty one leaves it; what else is said
// replaces what was said under the same name. When Import returns nil everything is durable; on an error nothing has
// changed.
func (ix *Index) Import(ctx context.Context, people []parterre.Person) error {
	if len(people) == 0 {
		return nil
	}
	durable, err := ix.importPeople(ctx, people)
	if err != nil {
		return err
	}
	return ix.settled(durable)
}

func (ix *Index) importPeople(ctx context.Context, people []parterre.Person) (durable func() error, err error) {
	who := make([][]parterre.Identifier, len(people))
	for i := range people {
		who[i] = people[i].Who
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	c, err := ix.beginLocked(ctx, who)
	if err != nil {
		return nil, err
	}
	said := map[parterre.PersonID]*profile{} // of each, what these lines say together
	var order []parterre.PersonID
	for i := range people {
		p := c.person(people[i].Who, true)
		if p == 0 || people[i].Country == "" && len(people[i].Attributes) == 0 && len(people[i].More) == 0 {
			continue
		}
		if said[p] == nil {
			said[p] = &profile{Attributes: parterre.Attributes{}, More: map[string]json.RawMessage{}}
			order = append(order, p)
		}
		said[p].Country = cmp.Or(people[i].Country, said[p].Country)
		maps.Copy(said[p].Attributes, people[i].Attributes)
		maps.Copy(said[p].More, people[i].More)
	}
	if err := c.learn(ctx, order, said); err != nil {
		return nil, err
	}
	return c.commitLocked(ctx)
}

// learn notes what is said of persons, and where they live now.
func (c *change) learn(ctx context.Context, persons []parterre.PersonID, said map[parterre.PersonID]*profile) error {
	bodies, err := c.ix.d.People(ctx, persons)
	if err != nil {
		return parterre.Internalf(err, "read what is known of persons")
	}
	profiles := make([]profile, len(persons))
	ids := map[value]driver.FacetID{}
	for i, p := range persons {
		if bodies[i] != nil {
			if err := json.Unmarshal(bodies[i], &profiles[i]); err != nil {
				return parterre.Internalf(fmt.Errorf("%w: %w", driver.ErrCorrupt, err), "read what is known of a person")
			}
		}
		for kind, texts := range said[p].Attributes {
			for _, text := range append(slices.Clone(texts), profiles[i].Attributes[kind]...) {
				ids[value{kind, text}] = 0
			}
		}
	}
	if err := c.attributeIDs(ctx, ids); err != nil {
		return err
	}
	for i, p := range persons {
		known := &profiles[i]
		moved := c.learnAttributes(p, known, said[p].Attributes, ids)
		if country := said[p].Country; country != "" && country != known.Country {
			c.revise(known, moved)
			c.merge(countryRoll(driver.CountryJoined, country), p, known.Revision)
			if known.Country != "" {
				c.merge(countryRoll(driver.CountryLeft, known.Country), p, known.Revision)
			}
			known.Country = country
		}
		if known.More == nil {
			known.More = map[string]json.RawMessage{}
		}
		maps.Copy(known.More, said[p].More)
		body, err := json.Marshal(known)
		if err != nil {
			return parterre.Internalf(err, "write what is known of a person")
		}
		if !bytes.Equal(body, bodies[i]) {
			c.writes.People = append(c.writes.People, driver.Person{ID: p, Body: body})
		}
	}
	return nil
}

// ChangeList adds the people behind the records to a customer list, or removes them from it. A record is one person, by one
// identifier or several. Batch numbers of a list start at 1; a person is on the list when the last batch that added them is
// larger than the last that removed them, so batches about people who are known may be taken in in any order, and again. In
// an open population an added record that names nobody makes a person; a removed one does not, so the batch that adds
// somebody new has to be taken in before one that removes them. All of the batch is durable when ChangeList returns nil; on
// an error nothing has changed.
func (ix *Index) ChangeList(ctx context.Context, list parterre.ID, batch int, remove bool, records [][]parterre.Identifier) error {
	kind := driver.ListAdded
	if remove {
		kind = driver.ListRemoved
	}
	ix.mu.Lock()
	c, err := ix.beginLocked(ctx, records)
	if err != nil {
		ix.mu.Unlock()
		return err
	}
	for _, who := range records {
		if p := c.person(who, !remove && !ix.closed); p != 0 {
			c.merge(listRoll(kind, list), p, parterre.Stamp(batch))
		}
	}
	durable, err := c.commitLocked(ctx)
	ix.mu.Unlock()
	if err != nil {
		return err
	}
	return ix.settled(durable)
}
