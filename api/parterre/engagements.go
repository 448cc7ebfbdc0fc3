package parterre

import (
	"context"
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

// whoMembers are the ways to name a person.
var whoMembers = []string{"external_id", "email", "hashed_email", "maid", "hashed_maid"}

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

// identifier reads one identifier by the name of its member.
func identifier(o *jsonbody.Object, name, s string) []parterre.Identifier {
	switch name {
	case "external_id":
		return externalID(o, name, s)
	case "email":
		if !looksLikeEmail(s) {
			o.Fail(name, "is not an e-mail address")
		}
		return parterre.ByEmail(s)
	case "maid":
		if strings.TrimSpace(s) == "" {
			o.Fail(name, "must not be empty")
		}
		return parterre.ByMAID(s)
	default:
		return digest(o, name, s)
	}
}

// looksLikeEmail is as strict as customer lists are: there is an @ with something on both sides, and no space.
func looksLikeEmail(s string) bool {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " \t\r\n,")
}

// known remembers, during one import, which ad accounts and conversion tags exist.
type known struct {
	ctx context.Context
	api *API
	is  map[[2]parterre.ID]bool
}

func (a *API) accounts(ctx context.Context) *known {
	return &known{ctx: ctx, api: a, is: map[[2]parterre.ID]bool{}}
}

// exists refuses an ad account that does not exist; field is what names it.
func (k *known) exists(field string, account parterre.ID) error {
	is, err := k.ask([2]parterre.ID{account}, func() (bool, error) { return k.api.service.AccountExists(k.ctx, account) })
	if err == nil && !is {
		return parterre.Invalid(field, "'%s' %s does not exist: it must be the id of an ad account", field, account)
	}
	return err
}

func (k *known) tagExists(account, tag parterre.ID) error {
	is, err := k.ask([2]parterre.ID{account, tag}, func() (bool, error) {
		return k.api.service.TagExists(k.ctx, account, tag)
	})
	if err == nil && !is {
		return parterre.Invalid("conversion_tag_id", "'conversion_tag_id' %s does not exist: it must be the id of a conversion "+
			"tag of the ad account", tag)
	}
	return err
}

func (k *known) ask(what [2]parterre.ID, find func() (bool, error)) (bool, error) {
	if is, asked := k.is[what]; asked {
		return is, nil
	}
	is, err := find()
	if err == nil {
		k.is[what] = is
	}
	return is, err
}
