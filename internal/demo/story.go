package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/parterre/parterre/client"
)

// story is what happens to the audiences.
type story struct {
	c        *client.Client
	account  string
	tag      string
	readers  uploaded
	regulars uploaded

	audiences []*audience // in the order of the report
	changes   []change    // in the order of happening
	gone      *client.Error

	somebody    string // external id of a person
	memberships client.Memberships
}

// audience is one of the story, as it was and as it became.
type audience struct {
	before, after client.Audience
	change        string        // what is new, in a few words
	madeReady     time.Duration // from the request that created it to READY
	changedReady  time.Duration // from the request that brought the new rule to READY
}

// change is an update of an audience.
type change struct {
	title  string
	of     *audience
	update client.AudienceUpdate
	took   time.Duration // to READY
}

// The audiences, by their place in the story.
const (
	listAudience = iota
	visitors
	engagers
	lookAlike
	carts
)

// create makes an audience of each type, and one more that will be removed, and waits for each to be READY.
func (s *story) create(ctx context.Context) error {
	for _, a := range []struct {
		name, kind string
		rule       func() string
	}{
		{"Newsletter readers", client.TypeCustomerList, func() string { return listRule(s.readers.id) }},
		{"Visitors", client.TypeVisitor, func() string {
			return fmt.Sprintf(`{"visitor_source_id":[%q],"retention_days":"180","event_source":{"=":["web","mobile"]},`+
				`"ingestion_source":{"=":["tag"]}}`, s.tag)
		}},
		{"Engaged with our pins", client.TypeEngagement, func() string {
			return fmt.Sprintf(`{"engagement_domain":[%q],"engager_type":1}`, shopDomain)
		}},
		{"Like our readers", client.TypeActAlike, func() string { return s.alikeRule(10) }},
		{"Carts of a month", client.TypeVisitor, func() string {
			return fmt.Sprintf(`{"visitor_source_id":[%q],"event":"addtocart","retention_days":30}`, s.tag)
		}},
	} {
		start := time.Now()
		made, err := s.c.CreateAudience(ctx, s.account, client.AudienceCreate{
			AudienceType: a.kind, Name: a.name, Rule: json.RawMessage(a.rule()),
		})
		if err != nil {
			return fmt.Errorf("create the audience %q: %w", a.name, err)
		}
		if made, err = s.await(ctx, made); err != nil {
			return err
		}
		s.audiences = append(s.audiences, &audience{before: made, after: made, madeReady: time.Since(start)})
	}
	return nil
}

func listRule(list string) string { return fmt.Sprintf(`{"customer_list_id":%q}`, list) }

// alikeRule asks for the people who are most like those of the first audience.
func (s *story) alikeRule(percentage int) string {
	return fmt.Sprintf(`{"seed_id":[%q],"country":"US","percentage":"%d"}`, s.audiences[listAudience].before.ID, percentage)
}

// update gives one audience a new name, four of them new rules, and removes one.
func (s *story) update(ctx context.Context) error {
	rule := func(text string) client.AudienceUpdate { return client.AudienceUpdate{Rule: json.RawMessage(text)} }
	s.plan("A new name and description", lookAlike, "", client.AudienceUpdate{
		Name: new("Closest to our readers"), Description: new("For the autumn campaign"),
	})
	s.plan("A new rule: who checked out with express shipping", visitors, "express orders", rule(fmt.Sprintf(
		`{"visitor_source_id":[%q],"event":"checkout","url":{"contains":["shipping=express"]}}`, s.tag)))
	s.plan("A new rule: who saved our pins in the last 30 days", engagers, "saves of 30 days", rule(fmt.Sprintf(
		`{"engagement_domain":[%q],"engagement_type":"save","retention_days":"30"}`, shopDomain)))
	s.plan("A new rule: 5% of the country instead of 10%", lookAlike, "5% instead of 10%", rule(s.alikeRule(5)))
	s.plan("A new rule: another customer list", listAudience, "a smaller list", rule(listRule(s.regulars.id)))
	s.plan("A removal; it was sent already, so now it answers 404", carts, "removed", client.AudienceUpdate{Operation: client.OperationRemove})
	for i := range s.changes {
		if err := s.apply(ctx, &s.changes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) plan(title string, place int, words string, u client.AudienceUpdate) {
	a := s.audiences[place]
	if words != "" {
		a.change = words
	}
	s.changes = append(s.changes, change{title: title, of: a, update: u})
}

func (s *story) apply(ctx context.Context, ch *change) error {
	start := time.Now()
	a := ch.of
	after, err := s.c.UpdateAudience(ctx, s.account, a.before.ID, ch.update)
	if err != nil {
		return fmt.Errorf("update the audience %q: %w", a.before.Name, err)
	}
	if ch.update.Operation == client.OperationRemove {
		return s.confirmGone(ctx, a)
	}
	if a.after, err = s.await(ctx, after); err != nil {
		return err
	}
	ch.took = time.Since(start)
	if ch.update.Rule != nil {
		a.changedReady = ch.took
	}
	return nil
}

// await waits for an audience to be READY.
func (s *story) await(ctx context.Context, a client.Audience) (client.Audience, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now, err := s.c.WaitForAudience(waiting, s.account, a.ID)
	switch {
	case err != nil && errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return a, fmt.Errorf("the audience %q (%s) is not READY after %v: it is %s", a.Name, a.ID, patience, now.Status)
	case err != nil:
		return a, fmt.Errorf("wait for the audience %q: %w", a.Name, err)
	case now.Status != client.StatusReady:
		return a, fmt.Errorf("the audience %q (%s) is not READY: it is %s, with %d people", a.Name, a.ID, now.Status, now.Size)
	}
	return now, nil
}

// confirmGone looks for an audience that was removed, and wants not to find it.
func (s *story) confirmGone(ctx context.Context, a *audience) error {
	_, err := s.c.Audience(ctx, s.account, a.before.ID)
	if e := (*client.Error)(nil); errors.As(err, &e) && e.Status == http.StatusNotFound {
		s.gone = e
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the removed audience %q: %w", a.before.Name, err)
	}
	return fmt.Errorf("the audience %q (%s) was removed and is still there", a.before.Name, a.before.ID)
}

// lookUp finds, among the most faithful customers, the one who is in the most audiences.
func (s *story) lookUp(ctx context.Context) error {
	const some = 50
	for _, p := range s.regulars.persons[:min(some, len(s.regulars.persons))] {
		who := client.Identifier{ExternalID: p.externalID()}
		m, err := s.c.Memberships(ctx, who)
		if err != nil {
			return fmt.Errorf("look up memberships: %w", err)
		}
		if s.somebody == "" || len(m.AudienceIDs) > len(s.memberships.AudienceIDs) {
			s.somebody, s.memberships = who.ExternalID, m
		}
	}
	return nil
}
