package parterre

import (
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/conversion"
	"github.com/parterre/parterre/internal/jsonbody"
)

var engagementMembers = []string{
	"person", "engagement_type", "pin_id", "url", "domain", "ad_account_id", "campaign_id", "ad_id", "objective_type",
	"engaged_at",
}

func (a *API) importEngagements(r *wire.Request) (any, error) {
	accounts := a.accounts(r.Context())
	decode := func(line []byte) (parterre.Event, error) {
		e, err := decodeEngagement(line, a.now().Unix())
		if err == nil && e.Facet.Account != 0 {
			err = accounts.exists("ad_account_id", e.Facet.Account)
		}
		return e, err
	}
	return importLines(r.Context(), r.Body, decode, a.service.Ingest)
}

// decodeEngagement reads a line of engagements.
func decodeEngagement(line []byte, now int64) (e parterre.Event, err error) {
	o := jsonbody.Parse("", line)
	o.DropNulls()
	o.Only(engagementMembers)
	o.Require("person", "engagement_type", "engaged_at")
	e.Who = decodeWho(o)
	f := &e.Facet
	f.Kind = parterre.Engagement
	if s := o.String("engagement_type"); s != nil {
		if f.Type, err = parterre.ParseEngagementType("engagement_type", *s); err != nil {
			o.FailWith(err)
		}
	}
	if s := o.String("objective_type"); s != nil {
		if f.Objective, err = parterre.ParseObjective("objective_type", *s); err != nil {
			o.FailWith(err)
		}
	}
	f.Account, f.Pin = o.ID("ad_account_id"), o.ID("pin_id")
	f.Ad, f.Campaign = o.ID("ad_id"), o.ID("campaign_id")
	if s := o.String("url"); s != nil {
		if len(*s) > conversion.MaxURL {
			o.Fail("url", "is too long: at most %d bytes are allowed", conversion.MaxURL)
		}
		f.URL = *s
		f.Domain = hostOf(*s)
	}
	if s := o.String("domain"); s != nil {
		f.Domain = strings.ToLower(strings.TrimSpace(*s))
		if strings.ContainsAny(f.Domain, "/:?#@ ") {
			o.Fail("domain", "%s is not a domain: a host name such as www.example.com is allowed", parterre.Quote(*s))
		}
	}
	e.At = decodeMoment(o, "engaged_at", now)
	return e, o.Err()
}

// hostOf is the host of a URL in lower case, empty where it has none.
func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// decodeMoment reads seconds since 1970, or a moment as RFC 3339 writes it; it may be a day ahead of the clock.
func decodeMoment(o *jsonbody.Object, name string, now int64) parterre.Stamp {
	const day = 86_400
	allowed := func(at int64) bool { return at >= 1 && at <= min(now+day, math.MaxUint32) }
	if jsonbody.Kind(o.Raw(name)) == "string" {
		var s string
		if json.Unmarshal(o.Raw(name), &s) == nil {
			if t, err := time.Parse(time.RFC3339, s); err == nil && allowed(t.Unix()) {
				return parterre.Stamp(t.Unix())
			}
		}
	} else if n := o.Int(name, 1, min(now+day, math.MaxUint32)); n != nil {
		return parterre.Stamp(*n)
	}
	o.Fail(name, "must be seconds since 1970 or a moment like 2026-01-31T12:00:00Z, at most one day ahead")
	return 0
}

// decodeWho reads person: an object with at least one identifier.
func decodeWho(o *jsonbody.Object) (who []parterre.Identifier) {
	p := o.Object("person")
	if p == nil {
		return nil
	}
	p.Private()
	p.DropNulls()
	p.Only(whoMembers)
	for _, name := range whoMembers {
		if s := p.String(name); s != nil {
			who = append(who, identifier(p, name, *s)...)
		}
	}
	if len(who) == 0 {
		p.Fail("external_id", "is missing: a person is named by one of '%s'", strings.Join(whoMembers, "', '"))
	}
	o.Adopt(p)
	return who
}
