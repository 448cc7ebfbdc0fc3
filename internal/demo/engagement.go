package demo

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"github.com/parterre/parterre/client"
)

const pinsPerTopic = 40

var (
	engagementTypes  = []string{"click", "save", "closeup", "comment", "like"}
	engagementShares = []float64{.30, .28, .30, .05, .07}

	objectives = []string{"AWARENESS", "CONSIDERATION", "WEB_CONVERSION"}
)

// engagements are n things that people did with pins, mostly of what they like. Of the topics that the shop sells something
// for, every other pin is the shop's own, and some of those are ads; all the rest is content of others.
func (s *shop) engagements(n int) iter.Seq[client.Engagement] {
	return func(yield func(client.Engagement) bool) {
		r := s.random(engagementStream)
		for range n {
			who := s.someone(r)
			topic := interest(r, who)
			e := client.Engagement{
				Person:         client.Identifier{ExternalID: who.externalID()},
				EngagementType: engagementTypes[weighted(r, engagementShares)],
				EngagedAt:      s.when(r),
			}
			if own := s.selling(topic); len(own) > 0 && r.IntN(2) == 0 {
				s.ownPin(r, &e, topic, pick(r, own))
			} else {
				otherPin(r, &e, topic)
			}
			if !yield(e) {
				return
			}
		}
	}
}

// interest is the topic that somebody turns to this time.
func interest(r *rand.Rand, p *person) int {
	switch x := r.Float64(); {
	case x < .6:
		return p.tastes[0]
	case x < .85:
		return p.tastes[1]
	}
	return r.IntN(len(topics))
}

// selling are the sections of the shop that are about a topic.
func (s *shop) selling(topic int) (list []section) {
	for _, sec := range s.sections {
		if sec.topic == topic {
			list = append(list, sec)
		}
	}
	return list
}

func (s *shop) ownPin(r *rand.Rand, e *client.Engagement, topic int, sec section) {
	p := pick(r, sec.goods)
	e.PinID = "8120000" + p.id
	e.URL, e.Domain, e.AdAccountID = p.url(), shopDomain, s.account
	if r.Float64() < .4 {
		i := topic % len(objectives)
		e.CampaignID = fmt.Sprintf("62674452839%d", i)
		e.AdID = fmt.Sprintf("68720136%d%s", i, p.id)
		e.ObjectiveType = objectives[i]
	}
}

func otherPin(r *rand.Rand, e *client.Engagement, topic int) {
	x := r.Float64()
	pin := int(x * x * pinsPerTopic)
	e.PinID = fmt.Sprintf("9035%d%03d", 10+topic, pin)
	e.Domain = fmt.Sprintf("%s-%d.example", topics[topic], pin%4+1)
	e.URL = fmt.Sprintf("https://%s/ideas/%d", e.Domain, pin)
}
