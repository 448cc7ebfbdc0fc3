package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/actalike"
	"github.com/parterre/parterre/client"
)

// longestService is how long learning is waited for: too few engagements may teach nothing.
const longestService = 3 * time.Hour

// alikeService measures look-alikes as the service has them: engagements come in, an audience of a hundredth of the persons is the
// seed, a look-alike of it is found by what needs no factors, then by those that are learnt meanwhile, then with the population
// in memory. The persons engage with pins like those of a population that is made up.
func alikeService(ctx context.Context, persons, kinds, each int, seed uint64) (err error) {
	if persons < 100*parterre.MinMembers || kinds < 200 || each < 1 {
		return fmt.Errorf("%d persons with %d of %d items each: at least %d persons, one item each and 200 of them are needed", persons, each, kinds, 100*parterre.MinMembers)
	}
	ctx, stop := context.WithTimeout(ctx, longestService)
	defer stop()
	b := &bench{folder: os.TempDir(), log: os.Stderr}
	s, err := b.newService(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end(context.WithoutCancel(ctx))) }()
	begun := time.Now()
	if err := s.loadEngagements(ctx, b, persons, kinds, each, seed); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	report := func(what string) {
		fmt.Fprintf(os.Stdout, "%s in %.1f s, %s\n", what, time.Since(begun).Seconds(), heap())
	}
	report(fmt.Sprintf("took in %d persons and their engagements", persons))

	like, err := s.likeness(ctx, persons)
	if err != nil {
		return err
	}
	begun = time.Now()
	a, err := s.client.CreateAudience(ctx, s.account.String(), client.AudienceCreate{
		AudienceType: "ACTALIKE", Name: "like them", Rule: map[string]any{"seed_id": []string{like}, "country": "US", "percentage": 1},
	})
	if err != nil {
		return err
	}
	method, err := s.ready(ctx, a.ID, "")
	if err != nil {
		return err
	}
	report("evaluated by " + method)
	if _, err := s.ready(ctx, a.ID, string(actalike.Fused)); err != nil {
		return err
	}
	report("learnt, and evaluated anew")
	for range 5 {
		begun = time.Now()
		if _, err := s.client.Recompute(ctx, a.ID); err != nil {
			return err
		}
		if _, err := s.ready(ctx, a.ID, ""); err != nil {
			return err
		}
		report("evaluated again, with its quality,")
	}
	return nil
}

// loadEngagements makes persons of one country known and takes their engagements in, past HTTP.
func (s *service) loadEngagements(ctx context.Context, b *bench, persons, kinds, each int, seed uint64) error {
	const step = 2000
	if err := s.importAll(ctx, b, persons, "US"); err != nil {
		return err
	}
	p := b.progress("engagements", persons*each)
	defer p.end()
	g, ctx := errgroup.WithContext(ctx)
	next := counter((persons + step - 1) / step)
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for n := range next {
				var events []parterre.Event
				var items []uint32
				for i := n * step; i < min((n+1)*step, persons); i++ {
					r := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // no secret
					items = actalike.MakeItems(r, kinds, each, items[:0])
					for _, item := range items {
						events = append(events, parterre.Event{
							Who: who(i)[:1], At: parterre.Stamp(begin + r.Int64N(days*day)),
							Facet: parterre.Facet{Kind: parterre.Engagement, Type: parterre.Save, Pin: parterre.ID(item + 1)},
						})
					}
				}
				if err := s.Service.Ingest(ctx, events); err != nil {
					return err
				}
				p.add(len(events))
			}
			return nil
		})
	}
	return g.Wait()
}

// likeness is an audience of every hundredth person.
func (s *service) likeness(ctx context.Context, persons int) (string, error) {
	var records []string
	for i := 0; i < persons; i += 100 {
		records = append(records, hashed(i))
	}
	l, err := s.client.CreateCustomerList(ctx, s.account.String(), client.CustomerListCreate{Name: "every hundredth", Records: records[:1]})
	if err != nil {
		return "", err
	}
	file := strings.NewReader(strings.Join(records, ","))
	u, err := s.client.UploadCustomerList(ctx, s.account.String(), l.ID, client.OperationAdd, file, file.Size(), nil)
	if err != nil {
		return "", err
	}
	if u.State != client.UploadSucceeded {
		return "", fmt.Errorf("the upload of the seed is %s: %v", u.State, u.Errors)
	}
	a, err := s.client.CreateAudience(ctx, s.account.String(), client.AudienceCreate{
		AudienceType: "CUSTOMER_LIST", Name: "every hundredth", Rule: map[string]any{"customer_list_id": l.ID},
	})
	if err != nil {
		return "", err
	}
	_, err = s.client.WaitForAudience(ctx, s.account.String(), a.ID)
	return a.ID, err
}

// ready waits until a look-alike is evaluated, by this method if one is named, and says by which it was.
func (s *service) ready(ctx context.Context, id, method string) (string, error) {
	for {
		a, err := s.client.Audience(ctx, s.account.String(), id)
		if err != nil {
			return "", err
		}
		if a.Status != client.StatusInitializing {
			e, err := s.client.Explain(ctx, id)
			if err != nil {
				return "", err
			}
			if e.ActAlike != nil && (method == "" || e.ActAlike.Method == method) {
				return e.ActAlike.Method, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}
