package v5_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
	"github.com/parterre/parterre/sandbox"
)

const everyVisitor = `{"visitor_source_id":%q,"retention_days":540}`

// wipe deletes what the ad account of the sandbox has.
func (s *service) wipe(t testing.TB) {
	t.Helper()
	if got := string(s.call(t, http.MethodDelete, inAccount+"/sandbox", "").body); got != `"Delete Success"` {
		t.Errorf("the answer is %s", got)
	}
}

// empty demands that the ad account has nothing any more.
func (s *service) empty(t testing.TB) {
	t.Helper()
	for _, what := range []string{"audiences?", "audiences?ownership_type=RECEIVED", "customer_lists?", "conversion_tags?"} {
		if got := as[page](t, s.call(t, http.MethodGet, inAccount+"/"+what, "")); len(got.Items) > 0 {
			t.Errorf("%s has %v", what, got.ids())
		}
	}
}

// left counts the rolls of the audience, the list and all facets of the ad account that hold anybody.
func (s *service) left(t testing.TB, ids ...string) (n int) {
	t.Helper()
	count := func(id driver.RollID) {
		err := s.store.Chunks(t.Context(), id, func(uint16, roll.Chunk) error { n++; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range ids {
		id, err := parterre.ParseID("id", s)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []driver.RollKind{driver.AudienceRoll, driver.ListAdded, driver.ListRemoved} {
			for version := range uint32(4) {
				count(driver.RollID{Kind: kind, A: uint64(id), B: version})
			}
		}
	}
	for facet := range uint64(50) {
		count(driver.RollID{Kind: driver.FacetRoll, A: facet})
	}
	return n
}

func TestDeletingTheSandbox(t *testing.T) {
	s := start(t)
	friend := s.newAccount(t, business)
	all := ofEach(t, s)
	received := s.audienceOf(t, friend, 0, 120)
	s.share(t, sharing{"ad_accounts/" + friend, "ad_accounts", received, "SHARE", []string{account}})
	s.share(t, sharing{"ad_accounts/" + account, "ad_accounts", all["VISITOR"].ID, "SHARE", []string{friend}})
	gone := s.complete(t, "ENGAGEMENT", `{"engager_type":2}`)
	s.patch(t, gone.ID, remove)
	list := as[customerList](t, s.call(t, http.MethodGet, inAccount+"/customer_lists", "").first(t)).ID
	s.settle(t)
	if s.left(t, all["VISITOR"].ID, list) == 0 {
		t.Fatal("nothing was there before")
	}
	s.wipe(t)
	s.empty(t)
	t.Run("nothing of it is left in the index either", func(t *testing.T) {
		for _, a := range all {
			s.member(t, a.ID, 3, false)
		}
		s.settle(t)
		if n := s.left(t, all["VISITOR"].ID, all["ENGAGEMENT"].ID, all["ACTALIKE"].ID, all["CUSTOMER_LIST"].ID, list); n > 0 {
			t.Errorf("%d blocks of rolls are left", n)
		}
	})
	t.Run("its audiences are gone for everybody", func(t *testing.T) {
		for _, a := range all {
			s.refuse(t, http.MethodGet, pathOf(a.ID), "", 404, 1000)
		}
		mustEqual(t, "received by a friend", s.received(t, "ad_accounts/"+friend), nil)
	})
	t.Run("others keep theirs", func(t *testing.T) {
		got := as[audience](t, s.call(t, http.MethodGet, "/v5/ad_accounts/"+friend+"/audiences/"+received, ""))
		got.is(t, 120, "READY")
		mustEqual(t, "shared with", s.sharedWith(t, "ad_accounts/"+friend, received, "AD_ACCOUNT", 25), nil)
	})
	t.Run("the ad account begins anew", func(t *testing.T) {
		a := s.complete(t, "VISITOR", fmt.Sprintf(everyVisitor, s.tag(t, "t")))
		a.is(t, 0, "TOO_SMALL")
		s.visits(t, 0, 110, noon, "https://shop.example/shoes") // a facet that was there before
		s.get(t, a.ID).is(t, 110, "READY")
		if a.ID <= all["ACTALIKE"].ID {
			t.Errorf("the id %s was given out before", a.ID)
		}
	})
	t.Run("it is in the audit", func(t *testing.T) {
		err := s.Catalog.View(t.Context(), func(tx *catalog.Tx) error {
			lines, _, err := tx.AuditOf(sandbox.AdAccount, catalog.Page{Limit: 250})
			for _, line := range lines {
				if line.Operation == "sandbox/delete" {
					return err
				}
			}
			t.Errorf("the audit is %+v", lines)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("an id that is none has an error of the operation's own", func(t *testing.T) {
		s.refuse(t, http.MethodDelete, "/v5/ad_accounts/x/sandbox", "", 400, 400, "Invalid ad account id")
		s.refuse(t, http.MethodDelete, "/v5/ad_accounts/"+strings.Repeat("1", 19)+"/sandbox", "", 400, 400, "Invalid ad account id")
		s.refuse(t, http.MethodDelete, "/v5/ad_accounts/99/sandbox", "", 403, 29)
	})
}

// Work that is under way when everything goes is called off, and leaves nothing.
func TestDeletingTheSandboxCallsWorkOff(t *testing.T) {
	s := start(t)
	tag := s.tag(t, "t")
	s.visits(t, 0, 120, noon, "https://shop.example/shoes")
	listed := s.complete(t, "CUSTOMER_LIST", fmt.Sprintf(`{"customer_list_id":%q}`, s.list(t, 0, 120)))
	if in := s.in(t, 7); !slices.Equal(in, []string{listed.ID}) {
		t.Errorf("before, person 7 is in %v", in)
	}
	s.store.hold()
	a := s.create(t, "VISITOR", fmt.Sprintf(everyVisitor, tag))
	list := s.list(t, 0, 120)
	deleted := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.URL+inAccount+"/sandbox", http.NoBody)
		if err != nil {
			deleted <- err
			return
		}
		r.Header.Set("Authorization", "Bearer "+s.Token)
		res, err := client.Do(r)
		if err == nil && res.StatusCode != http.StatusOK {
			err = errors.New(res.Status)
		}
		deleted <- errors.Join(err, res.Body.Close())
	}()
	eventually(t, "the records are gone", func() bool {
		return s.send(t, s.Token, http.MethodGet, pathOf(a.ID), http.NoBody).status == http.StatusNotFound
	})
	if in := s.in(t, 7); len(in) > 0 {
		t.Errorf("the list is still there, and person 7 is in %v", in)
	}
	s.store.release()
	if err := <-deleted; err != nil {
		t.Fatal(err)
	}
	s.empty(t)
	s.settle(t)
	if n := s.left(t, a.ID, list); n > 0 {
		t.Errorf("%d blocks of rolls are left", n)
	}
}

// A process that ended in the middle: the records are gone, the events are not yet. The next one removes them before anybody
// can send new ones.
func TestDeletingTheSandboxGoesOnAfterARestart(t *testing.T) {
	s := startIn(t, t.TempDir())
	s.visits(t, 0, 120, noon, "https://shop.example/shoes")
	err := s.Catalog.Update(t.Context(), func(tx *catalog.Tx) error {
		_, err := tx.AddJob(catalog.Job{Kind: catalog.DropAccount, Account: sandbox.AdAccount, Subject: sandbox.AdAccount})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.reopen(t)
	if n := s.left(t); n > 0 {
		t.Errorf("%d blocks of rolls are left when the service answers", n)
	}
	if jobs := s.jobs(t); len(jobs) > 0 {
		t.Errorf("the jobs are %v", jobs)
	}
	s.visits(t, 0, 5, noon, "https://shop.example/shoes")
	s.complete(t, "VISITOR", fmt.Sprintf(everyVisitor, s.tag(t, "t"))).is(t, 5, "TOO_SMALL")
}

// A token that is not the sandbox's deletes nothing.
func TestOnlyTheSandboxIsDeleted(t *testing.T) {
	s := start(t)
	s.tag(t, "t")
	before := s.everything(t)
	token := s.live(t)
	refused(t, s.send(t, token, http.MethodDelete, inAccount+"/sandbox", http.NoBody), 403, 29)
	s.unchanged(t, before)
}

// live makes a token that is not of the sandbox, of the sandbox's user.
func (s *service) live(t testing.TB) string {
	t.Helper()
	const token = "12345"
	err := s.Catalog.Update(context.Background(), func(tx *catalog.Tx) error {
		return tx.PutToken(catalog.Token{Digest: sha256Hex(token), App: "live", User: sandbox.User, Scopes: parterre.Scopes})
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}
