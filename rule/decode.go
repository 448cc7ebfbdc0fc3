package rule

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// members are what a rule of each type may hold. Every rule may repeat the ad account; the one in the path counts.
var members = map[parterre.AudienceType][]string{
	parterre.CustomerListAudience: {"customer_list_id"},
	parterre.VisitorAudience: {
		"visitor_source_id", "event", "event_data", "url", "event_source", "ingestion_source", "retention_days", "prefill",
	},
	parterre.EngagementAudience: {
		"engagement_domain", "engagement_type", "engager_type", "pin_id", "ad_id", "campaign_id", "objective_type", "url",
		"retention_days",
	},
	parterre.ActAlikeAudience: {"seed_id", "country", "percentage"},
}

const accountMember = "ad_account_id"

// The API publishes no limits for what a rule may hold; these keep a rule from costing more than it is worth.
const (
	maxValues = 1000 // of one member
	maxWord   = 256  // bytes of an event name or a domain
)

// Decode reads and validates a rule for an audience of the type. Path is where the rule stands in the body; errors are of
// code InvalidRequest and name the member and what is allowed. Numbers may be numbers or strings of digits, ids one
// string or a list. Members that are null count as not sent, and so do members that no rule has.
//
// Whether what a rule names exists is for the caller to check.
func Decode(path string, t parterre.AudienceType, raw []byte) (Rule, error) {
	o := jsonbody.Parse(path, raw)
	o.DropNulls()
	r := Rule{Type: t, Sent: sent(t, o)}
	checkShape(t, o)
	switch t {
	case parterre.CustomerListAudience:
		r.List = decodeList(o)
	case parterre.VisitorAudience:
		r.Visitor = decodeVisitor(o)
	case parterre.EngagementAudience:
		r.Engagement = decodeEngagement(o)
	case parterre.ActAlikeAudience:
		r.ActAlike = decodeActAlike(o)
	}
	if err := o.Err(); err != nil {
		return Rule{}, err
	}
	return r, nil
}

// checkShape refuses a member that belongs to the rules of other types only.
func checkShape(t parterre.AudienceType, o *jsonbody.Object) {
	for _, m := range o.Members() {
		if m.Name == accountMember {
			o.String(accountMember)
			continue
		}
		if slices.Contains(members[t], m.Name) {
			continue
		}
		for _, other := range parterre.AudienceTypes {
			if slices.Contains(members[other], m.Name) {
				o.Fail(m.Name, "belongs to a rule of type %s; a rule of type %s may hold: %s", other, t, listOf(members[t]))
			}
		}
	}
}

// sent keeps the members that a rule of the type has, as they were sent.
func sent(t parterre.AudienceType, o *jsonbody.Object) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, m := range o.Members() {
		if m.Name != accountMember && !slices.Contains(members[t], m.Name) {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + m.Name + `":`)
		if json.Compact(&b, m.Value) != nil {
			return nil // Parse has complained
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}

func decodeList(o *jsonbody.Object) *List {
	o.Require("customer_list_id")
	ids := decodeIDs(o, "customer_list_id")
	if len(ids) != 1 {
		o.Fail("customer_list_id", "must be the id of one customer list (were %d)", len(ids))
		return nil
	}
	return &List{ID: ids[0]}
}

func decodeVisitor(o *jsonbody.Object) *Visitor {
	o.Require("visitor_source_id")
	v := &Visitor{
		Tags:          decodeIDs(o, "visitor_source_id"),
		URL:           decodeURL(o),
		Sources:       decodeSources(o, "event_source", parterre.ParseEventSource),
		Ingestions:    decodeSources(o, "ingestion_source", parterre.ParseIngestionSource),
		RetentionDays: decodeRetention(o),
		Prefill:       true,
	}
	if event := o.String("event"); event != nil {
		switch {
		case *event == "":
			o.Fail("event", "must not be empty: an event name such as pagevisit, checkout or one of a partner is allowed")
		case len(*event) > maxWord:
			o.Fail("event", "is too long: at most %d bytes are allowed", maxWord)
		}
		v.Event, _ = parterre.EventName(*event)
	}
	if data := DecodeEventData(o); v.Event != "" {
		v.Data = data // without an event, event_data is not evaluated (reference, section 17, 24)
	}
	if prefill := o.Bool("prefill"); prefill != nil {
		v.Prefill = *prefill
	}
	return v
}

func decodeEngagement(o *jsonbody.Object) *Engagement {
	e := &Engagement{
		Pins:          decodeIDs(o, "pin_id"),
		Ads:           decodeIDs(o, "ad_id"),
		Campaigns:     decodeIDs(o, "campaign_id"),
		URL:           decodeURL(o),
		RetentionDays: decodeRetention(o),
	}
	if !slices.ContainsFunc(o.Members(), func(m jsonbody.Member) bool {
		return m.Name != "retention_days" && slices.Contains(members[parterre.EngagementAudience], m.Name)
	}) {
		o.Fail("engagement_domain", "is missing: a rule of type ENGAGEMENT needs one of %s",
			listOf(slices.DeleteFunc(slices.Clone(members[parterre.EngagementAudience]), func(s string) bool {
				return s == "retention_days"
			})))
	}
	e.Domains = decodeDomains(o)
	if s := o.String("engagement_type"); s != nil {
		e.Type = parse(o, "engagement_type", *s, parterre.ParseEngagementType)
	}
	if n := o.Int("engager_type", 1, 2); n != nil {
		e.Optimised = *n == 2
	}
	for _, s := range o.OneOrMore("objective_type") {
		e.Objectives = append(e.Objectives, parse(o, "objective_type", s, parterre.ParseObjective))
	}
	return e
}

// decodeDomains reads host names. A URL in place of one would match nothing, without a word.
func decodeDomains(o *jsonbody.Object) (domains []string) {
	list := o.OneOrMore("engagement_domain")
	if len(list) > maxValues {
		o.Fail("engagement_domain", "holds %d domains: at most %d are allowed", len(list), maxValues)
		return nil
	}
	for _, d := range list {
		d = strings.ToLower(strings.TrimSpace(d))
		switch {
		case d == "":
			o.Fail("engagement_domain", "must not hold an empty domain: a host name such as www.example.com is allowed")
		case len(d) > maxWord || strings.ContainsAny(d, "/:?#@ "):
			o.Fail("engagement_domain", "%s is not a domain: a host name such as www.example.com is allowed", parterre.Quote(d))
		}
		domains = append(domains, d)
	}
	return domains
}

func decodeActAlike(o *jsonbody.Object) *ActAlike {
	o.Require("seed_id", "country", "percentage")
	a := &ActAlike{Seeds: decodeIDs(o, "seed_id")}
	if s := o.String("country"); s != nil {
		a.Country = parse(o, "country", *s, parterre.ParseCountry)
	}
	if n := o.Int("percentage", 1, 10); n != nil {
		a.Percentage = int(*n)
	}
	return a
}

// decodeIDs reads one id or a list of them, sorted, without repetition.
func decodeIDs(o *jsonbody.Object, name string) []parterre.ID {
	var ids []parterre.ID
	list := o.OneOrMore(name)
	if len(list) > maxValues {
		o.Fail(name, "holds %d ids: at most %d are allowed", len(list), maxValues)
		return nil
	}
	for _, s := range list {
		ids = append(ids, parse(o, name, s, parterre.ParseID))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// decodeSources reads {"=": [...]}; no other operator is documented, and a bare list is not a rule.
func decodeSources[S ~string](o *jsonbody.Object, name string, word func(field, s string) (S, error)) []S {
	if !o.Has(name) {
		return nil
	}
	if kind := jsonbody.Kind(o.Raw(name)); kind != "object" {
		o.Fail(name, `must be an object {"=": [...]} (was of type %s)`, kind)
		return nil
	}
	ops := o.Object(name)
	ops.DropNulls()
	for _, m := range ops.Members() {
		if m.Name != "=" {
			o.Fail(name, `has the unknown operator %s; allowed: ["="]`, parterre.Quote(m.Name))
		}
	}
	ops.Require("=")
	var sources []S
	for _, s := range ops.OneOrMore("=") {
		sources = append(sources, parse(ops, "=", s, word))
	}
	o.Adopt(ops)
	slices.Sort(sources)
	return slices.Compact(sources)
}

func decodeRetention(o *jsonbody.Object) int {
	if n := o.Int("retention_days", 1, MaxRetentionDays); n != nil {
		return int(*n)
	}
	return DefaultRetentionDays
}

// parse reads one word of a member and hands a complaint to o.
func parse[T any](o *jsonbody.Object, name, s string, word func(field, s string) (T, error)) T {
	v, err := word(o.At(name), s)
	if err != nil {
		o.FailWith(err)
	}
	return v
}

func listOf(names []string) string { return "['" + strings.Join(names, "', '") + "']" }
