package ruletest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/rule"
)

// The pools from which histories take their values are small, so that events and rules meet.
var (
	types = []parterre.AudienceType{
		parterre.CustomerListAudience, parterre.VisitorAudience, parterre.VisitorAudience, parterre.VisitorAudience,
		parterre.EngagementAudience, parterre.EngagementAudience, parterre.ActAlikeAudience, parterre.ActAlikeAudience,
	}
	accounts  = []parterre.ID{1, 1, 1, 2}
	names     = []string{"page_visit", "checkout", "add_to_cart", "ss-acme"}
	spellings = []string{"pagevisit", "PAGE_VISIT", "page_visit", "checkout", "CHECKOUT", "addtocart", "ss-acme", "search"}
	urls      = []string{
		"", "https://a.example/", "https://a.example/shoes", "https://a.example/Shoes", "https://b.example/hats?x=1",
	}
	urlParts   = []string{"shoes", "Shoes", "a.example", "https://", "?", "/hats"}
	domains    = []string{"", "www.a.example", "b.example"}
	countries  = []string{"US", "CA", ""}
	retentions = []int{1, 30, rule.DefaultRetentionDays, rule.MaxRetentionDays}
	objectives = []string{"", "AWARENESS", "CONSIDERATION"}
	fields     = []string{`"order_id": "X-1"`, `"order_id": "X-2"`, `"value": 116`, `"value": "116.00"`, `"currency": "USD"`}
	items      = []string{
		`{"product_id": 11, "product_price": 48}`, `{"product_id": "12", "product_price": "48.0"}`, `{"id": 12, "quantity": 1}`,
		`{"product_id": "11"}`,
	}
)

const (
	day      = 24 * 60 * 60
	newYear  = 1767225600 // 2026-01-01T00:00:00Z
	longTime = 600        // days over which a history goes
)

// teller makes up a history.
type teller struct {
	*rand.Rand
	persons   []string
	moments   []int64 // at which most things happen
	happened  []happened
	audiences []parterre.ID // not removed
	types     map[parterre.ID]parterre.AudienceType
	ops       []operation
}

// history makes up operations; it is a function of the seed and their number alone. It ends with questions about
// every audience.
func history(seed uint64, operations int) []operation {
	h := &teller{Rand: rand.New(rand.NewPCG(seed, 0)), types: map[parterre.ID]parterre.AudienceType{}}
	for i := range 30 + h.IntN(370) {
		h.persons = append(h.persons, fmt.Sprintf("p%03d", i))
	}
	for range 20 {
		h.moments = append(h.moments, h.anyMoment())
	}
	for len(h.ops) < operations {
		before := len(h.ops) * 3 / operations
		h.tell()
		if len(h.ops)*3/operations > before { // after the first third, the second, and at the end
			h.ops = append(h.ops, reopened{})
			h.askAll()
		}
	}
	return h.ops
}

func (h *teller) tell() {
	switch n := h.IntN(100); {
	case n < 30:
		h.happen(h.conversion())
	case n < 55:
		h.happen(h.engagement())
	case n < 58 && len(h.happened) > 0:
		h.ops = append(h.ops, pick(h, h.happened)) // the same events arrive once more
	case n < 64:
		h.ops = append(h.ops, imported{h.somebody(), pick(h, countries)})
	case n < 72:
		h.ops = append(h.ops, listed{h.list(), h.IntN(3) == 0, h.somebody()})
	case n < 85:
		h.set()
	case n < 86 && len(h.audiences) > 0:
		i := h.IntN(len(h.audiences))
		h.ops = append(h.ops, removed{h.audiences[i]})
		h.audiences = slices.Delete(h.audiences, i, i+1)
	default:
		h.askAll()
	}
}

// somebody gives persons who stand next to each other, mostly one.
func (h *teller) somebody() []string {
	first, n := h.IntN(len(h.persons)), 1
	if h.IntN(3) == 0 {
		n += h.IntN(60)
	}
	return h.persons[first:min(first+n, len(h.persons))]
}

func (h *teller) happen(f parterre.Facet) {
	o := happened{h.somebody(), f, parterre.Stamp(h.moment())} // moments lie in our century
	h.happened = append(h.happened, o)
	h.ops = append(h.ops, o)
}

// moment gives one of the few at which most things happen, or any other.
func (h *teller) moment() int64 {
	if h.IntN(4) == 0 {
		return h.anyMoment()
	}
	return pick(h, h.moments)
}

func (h *teller) anyMoment() int64 { return newYear + int64(h.IntN(longTime))*day + int64(h.IntN(day)) }

// border gives a moment at which a membership may end, or the second before or after it.
func (h *teller) border() int64 {
	return h.moment() + int64(pick(h, retentions))*day + int64(h.IntN(3)-1)
}

func (h *teller) conversion() parterre.Facet {
	data, err := parseEventData(h.eventData(3))
	if err != nil {
		panic(err) // the pools are wrong
	}
	return parterre.Facet{
		Kind: parterre.Conversion, Account: pick(h, accounts), URL: pick(h, urls),
		Tag: pick(h, []parterre.ID{0, 7, 7, 8}), Name: pick(h, names), Source: pick(h, parterre.EventSources),
		Ingestion: pick(h, parterre.IngestionSources), Data: data,
	}
}

func (h *teller) engagement() parterre.Facet {
	return parterre.Facet{
		Kind: parterre.Engagement, Account: pick(h, append(accounts, 0)), URL: pick(h, urls),
		Type: pick(h, parterre.EngagementTypes), Pin: parterre.ID(h.IntN(14)), Ad: parterre.ID(max(0, h.IntN(6)-3)),
		Campaign: parterre.ID(h.IntN(3)), Objective: pick(h, objectives), Domain: pick(h, domains),
	}
}

// eventData makes up what an event says, or a rule asks for: every field once in so many times, and often line items. A
// field may stand there under one name only.
func (h *teller) eventData(once int) string {
	var parts []string
	for _, f := range fields {
		name, _, _ := strings.Cut(f, ":")
		if h.IntN(once) == 0 && !slices.ContainsFunc(parts, func(p string) bool { return strings.HasPrefix(p, name) }) {
			parts = append(parts, f)
		}
	}
	switch h.IntN(3) {
	case 0:
		parts = append(parts, `"line_items": `+pick(h, items))
	case 1:
		parts = append(parts, `"line_items": [`+pick(h, items)+", "+pick(h, items)+"]")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (h *teller) askAll() {
	at := h.border()
	for _, id := range slices.Sorted(maps.Keys(h.types)) {
		h.ops = append(h.ops, asked{audience: id, at: at})
	}
}

func (h *teller) list() parterre.ID { return parterre.ID(641 + h.IntN(3)) }

func pick[T any](h *teller, list []T) T { return list[h.IntN(len(list))] }
