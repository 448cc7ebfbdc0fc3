package audiences

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
)

// Rating says how good something is.
type Rating int

// The ratings, worst first.
const (
	NeedsImprovement Rating = iota
	Fair
	Good
)

// EventQuality is how well the events of some platforms, which came by one ingestion source, tell who did what.
type EventQuality struct {
	Ingestion parterre.IngestionSource
	Overall   Rating
	Coverage  []Coverage // ordered by component and then by event name; made-up names come first
}

// Coverage is how many of the events of one name came with a component that counts for them.
type Coverage struct {
	Component parterre.Component
	Name      string // in the form of events/create; empty for all names that an advertiser made up
	Share     float64
	Enough    float64 // the share from which it is good
	Rating    Rating
}

// standard says of a component for which events it counts, and from which shares it is fair and good.
type standard struct {
	component  parterre.Component
	on         []parterre.Platform
	names      []string // none means all
	fair, good float64
}

var (
	everywhere = parterre.Platforms
	inApps     = []parterre.Platform{parterre.OnAndroid, parterre.OnIOS}
	online     = append([]parterre.Platform{parterre.OnWeb}, inApps...)
	onWeb      = []parterre.Platform{parterre.OnWeb}
	ofOrders   = []string{"checkout"}
	ofBaskets  = []string{"add_to_cart", "checkout"}
)

// standards are what Parterre holds events to, in the order of the contract's QualityComponents: the vendor's own are not
// published. docs/api.md says them to users.
var standards = []standard{
	{parterre.HasExternalID, everywhere, nil, 0.3, 0.6},
	{parterre.HasClickID, onWeb, nil, 0.1, 0.3}, // only who came from an ad has one
	{parterre.HasEventID, online, nil, 0.7, 0.9},
	{parterre.HasEmail, everywhere, nil, 0.3, 0.6},
	{parterre.HasMAID, inApps, nil, 0.3, 0.6},
	{parterre.HasAddress, online, nil, 0.7, 0.9},
	{parterre.HasOrderID, everywhere, ofOrders, 0.7, 0.9},
	{parterre.HasOrderValue, everywhere, ofBaskets, 0.7, 0.9},
	{parterre.HasProductID, everywhere, ofBaskets, 0.7, 0.9},
	{parterre.HasURL, onWeb, nil, 0.7, 0.9},
	{parterre.HasAgent, online, nil, 0.7, 0.9},
}

func (d *standard) countsFor(s *index.Sampled) bool {
	return slices.Contains(d.on, s.Platform) && (d.names == nil || slices.Contains(d.names, s.Name))
}

func (d *standard) rate(share float64) Rating {
	switch {
	case share >= d.good:
		return Good
	case share >= d.fair:
		return Fair
	default:
		return NeedsImprovement
	}
}

// EventQuality rates the events of an ad account that happened today, in UTC, or on one of the days before it, 14 at most.
// There is an entry for each ingestion source by which an event came from one of the platforms. Events of people who opted
// out and of people whom nobody knows count as well: it is asked what was sent, and nothing is said about anybody.
func (s *Service) EventQuality(
	ctx context.Context, account parterre.ID, on []parterre.Platform, days int,
) (all []EventQuality, err error) {
	sample, err := s.index.Sample(ctx, account, on, s.now().Unix(), days)
	if err != nil {
		return nil, err
	}
	for _, from := range parterre.IngestionSources {
		var some []index.Sampled
		for _, one := range sample {
			if one.Ingestion == from {
				some = append(some, one)
			}
		}
		if len(some) > 0 {
			all = append(all, rate(from, some))
		}
	}
	return all, nil
}

// rate holds events to all standards. A component that is good brings two points and one that is fair one point, each over
// all the events that it counts for; three quarters of what could be reached is good, and half of it is fair.
func rate(from parterre.IngestionSource, some []index.Sampled) EventQuality {
	q := EventQuality{Ingestion: from}
	points, most := 0, 0
	for i := range standards {
		d := &standards[i]
		var whole tally
		byName := map[string]tally{}
		for k := range some {
			if e := &some[k]; d.countsFor(e) {
				whole = whole.and(e.Events, e.With[d.component])
				byName[e.Name] = byName[e.Name].and(e.Events, e.With[d.component])
			}
		}
		if whole.events == 0 {
			continue
		}
		points += int(d.rate(whole.share()))
		most += int(Good)
		for name, t := range byName {
			q.Coverage = append(q.Coverage, Coverage{d.component, name, t.share(), d.good, d.rate(t.share())})
		}
	}
	slices.SortFunc(q.Coverage, func(a, b Coverage) int {
		if a.Component != b.Component {
			return int(a.Component) - int(b.Component)
		}
		return strings.Compare(a.Name, b.Name)
	})
	switch {
	case 4*points >= 3*most:
		q.Overall = Good
	case 2*points >= most:
		q.Overall = Fair
	}
	return q
}

// tally counts events, and those that came with a component.
type tally struct{ events, with float64 }

func (t tally) and(events, with float64) tally { return tally{t.events + events, t.with + with} }

// share is rounded, so that a share of one half is not a little below.
func (t tally) share() float64 { return math.Round(1e6*t.with/t.events) / 1e6 }

// AdvertiserEvents are the names of conversion events of the ad account that the advertiser made up, in order. A name that no
// event of a person had is not among them.
func (s *Service) AdvertiserEvents(ctx context.Context, account parterre.ID) ([]string, error) {
	return s.index.AdvertiserEvents(ctx, account)
}
