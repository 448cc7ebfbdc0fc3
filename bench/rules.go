package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/client"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/rule"
)

// class is a rule, and the question that asks the peer the same.
type class struct {
	name  string
	rule  string // what stands in the rule beside visitor_source_id
	where string
}

// classes are the seven classes of rules. The peer's table is in peer.go.
func classes(w *world) []class {
	page := w.urls[min(50, len(w.urls)-1)]
	return []class{
		{"event", `"event":"addtocart","retention_days":180`, `name = 'add_to_cart'`},
		{"url exact", fmt.Sprintf(`"url":%q,"retention_days":180`, page), fmt.Sprintf(`url = '%s'`, page)},
		{"url part", `"url":{"contains":["/s017/"]},"retention_days":180`, `url LIKE '%/s017/%'`},
		{"url not", `"url":{"not_contains":["/s017/"]},"retention_days":180`, `url NOT LIKE '%/s017/%'`},
		{
			"sources", `"event":"viewcategory","event_source":{"=":["web"]},"ingestion_source":{"=":["tag"]},"retention_days":30`,
			fmt.Sprintf(`name = 'view_category' AND source = 'web' AND ingestion = 'tag' AND at >= %d`, now-30*day),
		},
		{
			"product", `"event":"checkout","event_data":{"line_items":[{"product_id":"product-17"}]},"retention_days":180`,
			`name = 'checkout' AND has(products, 'product-17')`,
		},
		{"everybody", `"retention_days":90`, fmt.Sprintf(`at >= %d`, now-90*day)},
	}
}

// ruleFigures are those of one class.
type ruleFigures struct {
	Class    string  `json:"class"`
	Persons  int     `json:"persons"`
	Parterre float64 `json:"parterre_ms"`
	Update   float64 `json:"update_ms"`
	Peer     float64 `json:"peer_ms"`
	Speedup  float64 `json:"speedup"`
}

// rulesFigures are those of one size.
type rulesFigures struct {
	Size    size          `json:"size"`
	Rules   []ruleFigures `json:"rules"`
	GeoMean float64       `json:"geometric_mean"`
	Growth  []growth      `json:"growth,omitempty"`
}

type growth struct {
	Size  size          `json:"size"`
	Rules []ruleFigures `json:"rules"`
}

const repeats = 5 // of which the median counts

func rules(ctx context.Context, b *bench) (any, error) {
	var all rulesFigures
	for _, part := range b.parts() {
		s := b.size.part(part)
		list, err := b.rulesAt(ctx, s)
		if err != nil {
			return nil, err
		}
		if part != 1 {
			all.Growth = append(all.Growth, growth{s, list})
			continue
		}
		all.Size, all.Rules, all.GeoMean = s, list, geometricMean(list)
		if b.peer != "" {
			fmt.Fprintf(b.out, "geometric mean of the speed-ups: %.1f\n", all.GeoMean)
		}
	}
	return all, nil
}

// parts are the fractions of the size to measure at, the smallest first.
func (b *bench) parts() []int {
	if b.growth {
		return []int{100, 10, 1}
	}
	return []int{1}
}

func geometricMean(list []ruleFigures) float64 {
	sum := 0.0
	for _, r := range list {
		sum += math.Log(max(r.Speedup, math.SmallestNonzeroFloat64))
	}
	return math.Exp(sum / float64(len(list)))
}

// rulesAt measures all classes at one size.
func (b *bench) rulesAt(ctx context.Context, sz size) (list []ruleFigures, err error) {
	w := newWorld(sz, b.seed)
	s, err := b.loaded(ctx, w)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	if err := b.profileAnew(); err != nil {
		return nil, err
	}
	var other *peer
	if b.peer != "" {
		if other, err = b.newPeer(ctx, w); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, other.close()) }()
	}
	var rows [][]any
	for _, c := range classes(w) {
		f, err := s.measure(ctx, &c, other)
		if err != nil {
			return nil, fmt.Errorf("class %s: %w", c.name, err)
		}
		list = append(list, f)
		rows = append(rows, []any{f.Class, f.Persons, f.Parterre, f.Update, f.Peer, f.Speedup})
	}
	fmt.Fprintf(b.out, "%d persons, %d events, %d URLs\n", sz.Persons, sz.Events, sz.URLs)
	b.table("class|persons|parterre ms|update ms|peer ms|speed-up", rows)
	return list, nil
}

// measure takes the median of a class in the engine, over the API and in the peer, and compares the answers.
func (s *service) measure(ctx context.Context, c *class, other *peer) (f ruleFigures, err error) {
	f.Class = c.name
	text := fmt.Sprintf(`{"visitor_source_id":"%s",%s}`, s.tag, c.rule)
	r, err := rule.Decode("rule", parterre.VisitorAudience, []byte(text))
	if err != nil {
		return f, err
	}
	version := 0
	took, err := median(repeats, func() (time.Duration, error) {
		version++
		standing := index.StandingOf(index.AudienceRoll(1, version), s.account, &r)
		members := index.OfAudience(1, version, r.Window())
		begun := time.Now()
		s.Index.Register(standing)
		if err := s.Index.Evaluate(ctx, standing); err != nil {
			return 0, err
		}
		var err error
		f.Persons, _, err = s.Index.Count(ctx, members, now)
		took := time.Since(begun)
		return took, errors.Join(err, s.Index.Drop(ctx, standing.Roll))
	})
	if err != nil {
		return f, err
	}
	f.Parterre = ms(took)
	if took, err = s.updates(ctx, text); err != nil {
		return f, err
	}
	f.Update = ms(took)
	if other == nil {
		return f, nil
	}
	persons := 0
	if took, err = median(repeats, func() (time.Duration, error) { return other.persons(c.where, &persons) }); err != nil {
		return f, err
	}
	if persons != f.Persons {
		return f, fmt.Errorf("the peer finds %d persons, and Parterre %d", persons, f.Persons)
	}
	f.Peer = ms(took)
	f.Speedup = f.Peer / f.Parterre
	return f, nil
}

// updates is the median time from a PATCH with the rule leaving the client to READY read back.
func (s *service) updates(ctx context.Context, text string) (time.Duration, error) {
	account := s.account.String()
	a, err := s.client.CreateAudience(ctx, account, client.AudienceCreate{
		AudienceType: client.TypeVisitor, Name: "bench",
		Rule: json.RawMessage(fmt.Sprintf(`{"visitor_source_id":"%s","event":"nothing"}`, s.tag)),
	})
	if err == nil {
		_, err = s.client.WaitForAudience(ctx, account, a.ID)
	}
	if err != nil {
		return 0, err
	}
	defer s.client.RemoveAudience(ctx, account, a.ID) //nolint:errcheck // the service is thrown away
	return median(repeats, func() (time.Duration, error) {
		begun := time.Now()
		if _, err := s.client.UpdateAudience(ctx, account, a.ID, client.AudienceUpdate{Rule: json.RawMessage(text)}); err != nil {
			return 0, err
		}
		_, err := s.client.WaitForAudience(ctx, account, a.ID)
		return time.Since(begun), err
	})
}
