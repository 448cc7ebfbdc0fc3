package v5_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// sharingModel is the naive meaning of sharing: every share in one list, and the rules of the reference, section 9.2, word for
// word. Names are as in a path, "ad_accounts/1" or "businesses/1".
type sharingModel struct {
	parent map[string]string // of a business; of an ad account, the business that owns it
	owner  map[string]string // of an audience: the ad account
	shares []modelShare
}

type modelShare struct{ audience, with, by string }

func (m *sharingModel) root(who string) string {
	for m.parent[who] != "" {
		who = m.parent[who]
	}
	return who
}

func (m *sharingModel) has(audience, with string) int {
	return slices.IndexFunc(m.shares, func(s modelShare) bool { return s.audience == audience && s.with == with })
}

// do carries a request out, or says how it is refused.
func (m *sharingModel) do(r sharing) (status int) {
	account := m.owner[r.audience]
	if account == "" {
		return 404
	}
	owner := r.by == account || r.by == m.parent[account]
	onward := !owner && strings.HasPrefix(r.by, "businesses") && m.has(r.audience, r.by) >= 0 && r.with == "ad_accounts"
	if !owner && !onward {
		return 403
	}
	next := slices.Clone(m.shares)
	for _, id := range r.recipients {
		with := r.with + "/" + id
		_, known := m.parent[with]
		switch {
		case !known, with == account, with == m.parent[account]:
			return 400
		case owner && m.root(with) != m.root(account):
			return 400
		case onward && m.parent[with] != r.by:
			return 400
		}
		at := slices.IndexFunc(next, func(s modelShare) bool { return s.audience == r.audience && s.with == with })
		switch {
		case r.operation == "REVOKE" && at >= 0:
			next = slices.DeleteFunc(next, func(s modelShare) bool {
				return s.audience == r.audience && (s.with == with || s.by == with)
			})
		case r.operation == "REVOKE":
		case at < 0 && owner:
			next = append(next, modelShare{r.audience, with, ""})
		case at < 0:
			next = append(next, modelShare{r.audience, with, r.by})
		case owner:
			next[at].by = ""
		}
	}
	m.shares = next
	return 200
}

// received are the audiences of a recipient, in the order of the shares.
func (m *sharingModel) received(with string) (ids []string) {
	for _, s := range m.shares {
		if s.with == with {
			ids = append(ids, s.audience)
		}
	}
	return ids
}

// sharedWith are the ids of those of a kind that somebody sees; known is false when they may not ask.
func (m *sharingModel) sharedWith(by, audience, kind string) (ids []string, known bool) {
	account := m.owner[audience]
	owner := by == account || by == m.parent[account]
	if account == "" || !owner && (strings.HasPrefix(by, "ad_accounts") || m.has(audience, by) < 0) {
		return nil, false
	}
	for _, s := range m.shares {
		if s.audience == audience && strings.HasPrefix(s.with, kind+"/") && (owner || kind == "ad_accounts" && m.parent[s.with] == by) {
			ids = append(ids, strings.TrimPrefix(s.with, kind+"/"))
		}
	}
	return ids, true
}

// Random requests, right and wrong ones, have the effects and the refusals that the rules say.
func TestSharingAgreesWithItsRules(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, seed))
	s := start(t)
	m := &sharingModel{parent: map[string]string{"businesses/" + business: ""}, owner: map[string]string{}}
	m.parent["ad_accounts/"+account] = "businesses/" + business
	businesses, accounts := []string{business}, []string{account}
	for i := range 5 {
		parent := ""
		if i != 3 { // another hierarchy begins in the middle
			parent = businesses[r.IntN(len(businesses))]
		}
		id := s.newBusiness(t, parent)
		m.parent["businesses/"+id] = strings.TrimSuffix("businesses/"+parent, "businesses/")
		businesses = append(businesses, id)
	}
	for _, of := range append(businesses, businesses[1], businesses[2]) {
		id := s.newAccount(t, of)
		m.parent["ad_accounts/"+id] = "businesses/" + of
		accounts = append(accounts, id)
	}
	var audiences []string
	for _, of := range accounts {
		id := s.audienceOf(t, of, 0, 2)
		m.owner[id] = "ad_accounts/" + of
		audiences = append(audiences, id)
	}
	ids := map[string][]string{"businesses": businesses, "ad_accounts": accounts}
	anybody := func() string {
		kind := []string{"businesses", "ad_accounts"}[r.IntN(2)]
		return kind + "/" + ids[kind][r.IntN(len(ids[kind]))]
	}
	answered := map[int]int{}
	for step := range 800 {
		audience := audiences[r.IntN(min(3, len(audiences)))]
		by := anybody()
		if r.IntN(2) == 0 { // mostly by somebody who may
			by = m.owner[audience]
		}
		request := sharing{by, []string{"businesses", "ad_accounts"}[r.IntN(2)], audience, []string{"SHARE", "SHARE", "REVOKE"}[r.IntN(3)], nil}
		for range r.IntN(3) {
			request.recipients = append(request.recipients, ids[request.with][r.IntN(len(ids[request.with]))])
		}
		if step%100 == 99 { // an audience goes, and comes no more
			s.call(t, http.MethodPatch, "/v5/"+m.owner[audience]+"/audiences/"+audience, remove)
			delete(m.owner, audience)
			m.shares = slices.DeleteFunc(m.shares, func(s modelShare) bool { return s.audience == audience })
			audiences = slices.DeleteFunc(audiences, func(id string) bool { return id == audience })
		}
		want := m.do(request)
		answered[want]++
		if got := s.send(t, s.Token, http.MethodPatch, request.target(), strings.NewReader(request.body(t))); got.status != want {
			t.Fatalf("seed %d, step %d: %+v is answered %d: %s, want %d", seed, step, request, got.status, got.body, want)
		}
		who, asker := anybody(), anybody()
		what := fmt.Sprintf("seed %d, step %d: received by %s", seed, step, who)
		mustEqual(t, what, s.received(t, who), m.received(who))
		for _, kind := range []string{"ad_accounts", "businesses"} {
			wire := map[string]string{"ad_accounts": "AD_ACCOUNT", "businesses": "BUSINESS_ACCOUNT"}[kind]
			want, known := m.sharedWith(asker, audience, kind)
			if !known {
				s.refuse(t, http.MethodGet, "/v5/"+asker+"/audiences/shared/accounts?account_type="+wire+"&audience_id="+audience, "", 404, 404)
				continue
			}
			what := fmt.Sprintf("seed %d, step %d: %s of %s, seen by %s", seed, step, kind, audience, asker)
			mustEqual(t, what, s.sharedWith(t, asker, audience, wire, 1+r.IntN(3)), want)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	for status, least := range map[int]int{200: 100, 400: 50, 403: 50, 404: 1} {
		if answered[status] < least {
			t.Errorf("%d requests were to be answered %d, too few to say anything", answered[status], status)
		}
	}
}
