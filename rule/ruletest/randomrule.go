package ruletest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/parterre/parterre"
)

// set sets a rule: of a new audience, or in place of the rule of one that is there.
func (h *teller) set() {
	s := set{account: pick(h, accounts), at: h.border()}
	if len(h.audiences) > 0 && (h.IntN(3) == 0 || len(h.types) >= 25) {
		s.audience = pick(h, h.audiences)
		s.kind = h.types[s.audience]
	} else {
		s.audience = parterre.ID(10 + len(h.types))
		s.kind = pick(h, types)
	}
	if s.kind == parterre.ActAlikeAudience && len(h.seeds()) == 0 {
		return
	}
	if _, exists := h.types[s.audience]; !exists {
		h.types[s.audience] = s.kind
		h.audiences = append(h.audiences, s.audience)
	}
	s.rule = h.rule(s.kind)
	h.ops = append(h.ops, s)
}

// seeds are the audiences that an ACTALIKE rule may name.
func (h *teller) seeds() []parterre.ID {
	var seeds []parterre.ID
	for _, id := range h.audiences {
		if h.types[id] != parterre.ActAlikeAudience {
			seeds = append(seeds, id)
		}
	}
	return seeds
}

func (h *teller) rule(kind parterre.AudienceType) string {
	switch kind {
	case parterre.CustomerListAudience:
		return fmt.Sprintf(`{"customer_list_id": "%s"}`, h.list())
	case parterre.VisitorAudience:
		return h.visitorRule()
	case parterre.EngagementAudience:
		return h.engagementRule()
	default:
		return h.actAlikeRule()
	}
}

func (h *teller) visitorRule() string {
	m := []string{`"visitor_source_id": ` + pick(h, []string{`"7"`, `["7"]`, `["7", "8"]`, `"8"`, `["8", "9"]`})}
	switch h.IntN(6) {
	case 0:
		m = append(m, `"event": `+quoteJSON(pick(h, spellings)))
	case 1:
		m = append(m, `"event_data": `+h.eventData(12)) // means nothing without an event
	case 2:
		m = append(m, `"event_data": `+h.eventData(12), `"event": `+quoteJSON(pick(h, spellings)))
	case 3, 4:
		if f := h.visited(); f != nil {
			m = append(m, `"event_data": `+eventDataString(h.partOf(f.Data)), `"event": `+quoteJSON(f.Name))
		}
	}
	if h.IntN(8) == 0 {
		m = append(m, `"event_source": {"=": `+pick(h, []string{`"web"`, `["web", "mobile"]`, `["offline"]`})+`}`)
	}
	if h.IntN(8) == 0 {
		sources := pick(h, []string{`"tag"`, `["tag", "mmp", "conversions_api"]`, `["file_upload"]`})
		m = append(m, `"ingestion_source": {"=": `+sources+`}`)
	}
	if h.IntN(4) == 0 {
		m = append(m, `"prefill": `+strconv.FormatBool(h.IntN(3) == 0))
	}
	return h.object(append(m, h.common()...))
}

// visited gives a facet of an event that happened, if there is one.
func (h *teller) visited() *parterre.Facet {
	later := h.happened[h.IntN(len(h.happened)+1):]
	i := slices.IndexFunc(later, func(o happened) bool { return o.facet.Kind == parterre.Conversion })
	if i < 0 {
		return nil
	}
	return &later[i].facet
}

// partOf gives a part of what an event says, or something that is very like a part: an item that has one field of one item
// and one of another.
func (h *teller) partOf(data parterre.EventData) (part parterre.EventData) {
	for _, d := range data.Fields {
		if h.IntN(4) == 0 {
			part.Fields = append(part.Fields, d)
		}
	}
	for i, item := range data.Items {
		wanted := []parterre.Datum{item[0]}
		if other := data.Items[h.IntN(i+1)]; len(other) > 1 {
			wanted = append(wanted, other[1])
		}
		if h.IntN(3) > 0 {
			part.Items = append(part.Items, wanted)
		}
	}
	return part
}

func (h *teller) engagementRule() string {
	var m []string
	if h.IntN(2) == 0 {
		domains := pick(h, []string{`"www.a.example"`, `["WWW.a.example", "b.example"]`, `["b.example"]`})
		m = append(m, `"engagement_domain": `+domains)
	}
	if h.IntN(3) == 0 {
		m = append(m, `"engagement_type": `+quoteJSON(string(pick(h, parterre.EngagementTypes))))
	}
	if h.IntN(4) == 0 {
		m = append(m, `"pin_id": `+pick(h, []string{`"3"`, `["1", "2", "3", "4", "5"]`, `["007"]`, `["0", "6"]`}))
	}
	if h.IntN(5) == 0 {
		m = append(m, `"ad_id": `+pick(h, []string{`"1"`, `["1", "2"]`}))
	}
	if h.IntN(5) == 0 {
		m = append(m, `"campaign_id": `+pick(h, []string{`"1"`, `["1", "2"]`}))
	}
	if h.IntN(5) == 0 {
		m = append(m, `"objective_type": `+pick(h, []string{`"AWARENESS"`, `["AWARENESS", "CONSIDERATION"]`}))
	}
	if len(m) == 0 || h.IntN(3) == 0 {
		m = append(m, `"engager_type": `+pick(h, []string{`1`, `"1"`, `2`, `"2"`}))
	}
	return h.object(append(m, h.common()...))
}

func (h *teller) actAlikeRule() string {
	seeds := []string{}
	for range 1 + h.IntN(3) {
		seeds = append(seeds, `"`+pick(h, h.seeds()).String()+`"`)
	}
	return h.object([]string{
		`"seed_id": [` + strings.Join(seeds, ", ") + "]",
		`"country": ` + quoteJSON(pick(h, countries[:2])),
		`"percentage": ` + h.number(1+h.IntN(10)),
	})
}

// common makes up what rules of both events and engagements may ask for.
func (h *teller) common() []string {
	var m []string
	if h.IntN(3) == 0 {
		m = append(m, `"url": `+h.url())
	}
	if h.IntN(3) > 0 {
		m = append(m, `"retention_days": `+h.number(pick(h, retentions)))
	}
	return m
}

func (h *teller) url() string {
	whole := func() string { return quoteJSON(pick(h, urls[1:])) }
	part := func() string { return quoteJSON(pick(h, urlParts)) }
	switch h.IntN(9) {
	case 0:
		return whole()
	case 1:
		return "[" + whole() + ", " + whole() + "]"
	case 2:
		return `{"=": ` + whole() + `}`
	case 3:
		return `{"!=": [` + whole() + ", " + whole() + `]}`
	case 4:
		return `{"contains": ` + part() + `}`
	case 5:
		return `{"not_contains": ` + part() + `}`
	case 6:
		return `{"contains": [` + part() + ", " + part() + `]}`
	case 7:
		return `{"contains": [` + part() + ", " + part() + `], "not_contains": ` + part() + `}`
	default:
		return `{"contains": ` + part() + `, "!=": ` + whole() + `}`
	}
}

// number writes a number in one of its two spellings.
func (h *teller) number(n int) string {
	if h.IntN(2) == 0 {
		return strconv.Itoa(n)
	}
	return `"` + strconv.Itoa(n) + `"`
}

// object writes the members in a random order.
func (h *teller) object(members []string) string {
	h.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return "{" + strings.Join(members, ", ") + "}"
}
