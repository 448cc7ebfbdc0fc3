package catalog_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/memcatalog"
)

// noon is the moment at which every test takes place.
const noon = 1_790_000_000

// newCatalog makes an empty catalogue in memory, whose clock stands still at noon.
func newCatalog() *catalog.Catalog { return over(memcatalog.New()) }

func over(d driver.Driver) *catalog.Catalog {
	return catalog.New(d, func() time.Time { return time.Unix(noon, 0) })
}

// update runs an update that must succeed.
func update(t testing.TB, c *catalog.Catalog, f func(*catalog.Tx) error) {
	t.Helper()
	if err := c.Update(t.Context(), f); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// view runs a view that must succeed.
func view(t testing.TB, c *catalog.Catalog, f func(*catalog.Tx) error) {
	t.Helper()
	if err := c.View(t.Context(), f); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// wantError demands an error of that code with that public text.
func wantError(t testing.TB, err error, code parterre.Code, public string) {
	t.Helper()
	coded := (*parterre.Error)(nil)
	if !errors.As(err, &coded) || coded.Code != code || coded.Public != public {
		t.Errorf("error %v (%#v), want code %d and %q", err, coded, code, public)
	}
}

// pages reads all pages of a list, and gives the ids of their records.
func pages[T any](t testing.TB, c *catalog.Catalog, p catalog.Page, id func(T) parterre.ID,
	list func(*catalog.Tx, catalog.Page) ([]T, parterre.ID, error),
) [][]parterre.ID {
	t.Helper()
	var all [][]parterre.ID
	for {
		next := parterre.ID(0)
		view(t, c, func(tx *catalog.Tx) error {
			records, after, err := list(tx, p)
			ids := make([]parterre.ID, len(records))
			for i, r := range records {
				ids[i] = id(r)
			}
			all, next = append(all, ids), after
			return err
		})
		if next == 0 {
			return all
		}
		p.After = next
	}
}

func TestViewRefusesWrites(t *testing.T) {
	c := newCatalog()
	account := parterre.AdAccount{ID: 7}
	audience := parterre.Audience{AdAccount: 7, Rule: []byte("{}")}
	list := parterre.CustomerList{AdAccount: 7}
	tag := parterre.ConversionTag{AdAccount: 7}
	batch := catalog.Batch{List: 1}
	update(t, c, func(tx *catalog.Tx) error {
		return errors.Join(tx.PutAdAccount(&account), tx.CreateAudience(&audience), tx.CreateCustomerList(&list),
			tx.CreateConversionTag(&tag), tx.PutBatch(&batch))
	})
	view(t, c, func(tx *catalog.Tx) error {
		for name, err := range map[string]error{
			"PutAdAccount":        tx.PutAdAccount(&account),
			"GrantRole":           tx.GrantRole(1, 7, "OWNER"),
			"CreateAdAccount":     tx.CreateAdAccount(&parterre.AdAccount{}),
			"CreateBusiness":      tx.CreateBusiness(&parterre.Business{}),
			"PutBusiness":         tx.PutBusiness(&parterre.Business{ID: 7}),
			"PutShare":            tx.PutShare(catalog.Share{Audience: 1, With: parterre.Recipient{AdAccount: 7}}),
			"WipeAccount":         tx.WipeAccount(7),
			"CreateAudience":      tx.CreateAudience(&audience),
			"PutAudience":         tx.PutAudience(&audience),
			"PutServed":           tx.PutServed(&audience),
			"RemoveAudience":      tx.RemoveAudience(&audience),
			"CreateCustomerList":  tx.CreateCustomerList(&list),
			"PutCustomerList":     tx.PutCustomerList(&list),
			"CreateConversionTag": tx.CreateConversionTag(&tag),
			"PutConversionTag":    tx.PutConversionTag(&tag),
			"PutBatch":            tx.PutBatch(&batch),
			"DeleteBatch":         tx.DeleteBatch(batch.ID),
			"DeleteJob":           tx.DeleteJob(1),
			"AddAudit":            tx.AddAudit(catalog.Audit{}),
			"PutToken":            tx.PutToken(catalog.Token{Digest: "d"}),
			"PutApp":              tx.PutApp(catalog.App{ID: 7}),
			"AddGrant":            tx.AddGrant(&catalog.Grant{Digest: "d", Code: true}),
			"DropFamily":          tx.DropFamily(7),
			"PutSetting":          tx.PutSetting("key", nil),
		} {
			if err == nil || parterre.CodeOf(err) != parterre.Internal {
				t.Errorf("%s in a view: %v, want an internal error", name, err)
			}
		}
		if _, err := tx.AddJob(catalog.Job{}); err == nil || parterre.CodeOf(err) != parterre.Internal {
			t.Errorf("AddJob in a view: %v, want an internal error", err)
		}
		return nil
	})
}

func TestFailedUpdateChangesNothing(t *testing.T) {
	c := newCatalog()
	a := parterre.Audience{AdAccount: 7, Rule: []byte("{}")}
	failed := parterre.Errorf(parterre.InvalidRequest, "no")
	err := c.Update(t.Context(), func(tx *catalog.Tx) error {
		if err := tx.CreateAudience(&a); err != nil {
			t.Error(err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("the update ended with %v, want the error of its function", err)
	}
	view(t, c, func(tx *catalog.Tx) error {
		_, err := tx.Audience(7, a.ID)
		wantError(t, err, parterre.AudienceNotFound, "Audience could not be found.")
		versions, _, err := tx.AudienceVersions(a.ID, catalog.Page{Limit: 5})
		if len(versions) != 0 {
			t.Errorf("the failed update left the versions %v", versions)
		}
		return err
	})
}

// broken is a driver whose every call fails with one error.
type broken struct{ err error }

func (b broken) View(_ context.Context, f func(driver.Reader) error) error { return f(b) }
func (b broken) Update(_ context.Context, f func(driver.Tx) error) error   { return f(b) }
func (b broken) Close() error                                              { return b.err }
func (b broken) Row(context.Context, driver.Table, parterre.ID) (driver.Row, error) {
	return driver.Row{}, b.err
}

func (b broken) ByKey(context.Context, driver.Table, string) (driver.Row, error) {
	return driver.Row{}, b.err
}

func (b broken) List(context.Context, driver.Table, driver.Range) ([]driver.Row, error) {
	return nil, b.err
}

func (b broken) Next(context.Context, driver.Table, parterre.ID) (parterre.ID, error) {
	return 0, b.err
}
func (b broken) Put(context.Context, driver.Table, driver.Row) error     { return b.err }
func (b broken) Delete(context.Context, driver.Table, parterre.ID) error { return b.err }

// everything calls each method that reaches the driver.
func everything(tx *catalog.Tx) map[string]error {
	p := catalog.Page{Limit: 5}
	errs := map[string]error{
		"CreateAudience":    tx.CreateAudience(&parterre.Audience{Rule: []byte("{}")}),
		"PutAudience":       tx.PutAudience(&parterre.Audience{ID: 1, Rule: []byte("{}")}),
		"RemoveAudience":    tx.RemoveAudience(&parterre.Audience{ID: 1, Rule: []byte("{}")}),
		"AllAudiences":      tx.AllAudiences(func(parterre.Audience) error { return nil }),
		"PutAdAccount":      tx.PutAdAccount(&parterre.AdAccount{ID: 1}),
		"GrantRole":         tx.GrantRole(1, 1, "OWNER"),
		"GrantBusinessRole": tx.GrantBusinessRole(1, 1, "OWNER"),
		"CreateAdAccount":   tx.CreateAdAccount(&parterre.AdAccount{}),
		"CreateBusiness":    tx.CreateBusiness(&parterre.Business{}),
		"PutShare":          tx.PutShare(catalog.Share{Audience: 1, With: parterre.Recipient{AdAccount: 7}}),
		"DeleteShare":       tx.DeleteShare(1, parterre.Recipient{AdAccount: 7}),
		"WipeAccount":       tx.WipeAccount(1),
		"PutBatch":          tx.PutBatch(&catalog.Batch{}),
		"DeleteBatch":       tx.DeleteBatch(1),
		"AddAudit":          tx.AddAudit(catalog.Audit{}),
		"PutToken":          tx.PutToken(catalog.Token{Digest: "d"}),
		"named PutToken":    tx.PutToken(catalog.Token{Digest: "d", Name: "n"}),
		"PutSetting":        tx.PutSetting("key", nil),
	}
	_, errs["Audience"] = tx.Audience(1, 1)
	_, _, errs["Audiences"] = tx.Audiences(1, p)
	_, errs["CustomerList"] = tx.CustomerList(1, 1)
	_, errs["ConversionTag"] = tx.ConversionTag(1, 1)
	_, errs["AdAccount"] = tx.AdAccount(1)
	_, errs["Role"] = tx.Role(1, 1)
	_, errs["Business"] = tx.Business(1)
	_, errs["Hierarchy"] = tx.Hierarchy(1)
	_, errs["VisibleAudience"] = tx.VisibleAudience(1, 1)
	_, errs["AnyAudience"] = tx.AnyAudience(1)
	_, _, errs["ShareWith"] = tx.ShareWith(1, parterre.Recipient{Business: 7})
	_, errs["Job"] = tx.Job(1)
	_, _, errs["AccountsOf"] = tx.AccountsOf(1, p)
	_, errs["Batch"] = tx.Batch(1)
	_, errs["AddJob"] = tx.AddJob(catalog.Job{})
	_, errs["TokenByDigest"] = tx.TokenByDigest("d")
	_, _, errs["Setting"] = tx.Setting("key")
	return errs
}

func TestDriverErrors(t *testing.T) {
	secret := errors.New("the text of a driver")
	for _, cause := range []error{secret, driver.ErrExists, context.Canceled, context.DeadlineExceeded} {
		c := over(broken{cause})
		update(t, c, func(tx *catalog.Tx) error {
			for name, err := range everything(tx) {
				coded := (*parterre.Error)(nil)
				passes := errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded)
				switch {
				case !errors.Is(err, cause):
					t.Errorf("%s: %v, want %v in its chain", name, err, cause)
				case passes && errors.As(err, &coded):
					t.Errorf("%s: %v has the code %d, want it as it was", name, err, coded.Code)
				case !passes && (!errors.As(err, &coded) || coded.Code != parterre.Internal || coded.Public != ""):
					t.Errorf("%s: %#v, want an internal error without a public text", name, coded)
				}
			}
			return nil
		})
		if err := c.Close(); !errors.Is(err, cause) {
			t.Errorf("close: %v, want %v in its chain", err, cause)
		}
	}
}

func TestLimitMustBePositive(t *testing.T) {
	view(t, newCatalog(), func(tx *catalog.Tx) error {
		for _, limit := range []int{0, -1} {
			if _, _, err := tx.Audiences(7, catalog.Page{Limit: limit}); err == nil ||
				parterre.CodeOf(err) != parterre.Internal {
				t.Errorf("Audiences with the limit %d: %v, want an internal error", limit, err)
			}
			if _, _, err := tx.AccountsOf(7, catalog.Page{Limit: limit}); err == nil ||
				parterre.CodeOf(err) != parterre.Internal {
				t.Errorf("AccountsOf with the limit %d: %v, want an internal error", limit, err)
			}
		}
		return nil
	})
}

func TestSettings(t *testing.T) {
	c := newCatalog()
	want := func(key string, value []byte, found bool) {
		t.Helper()
		view(t, c, func(tx *catalog.Tx) error {
			got, ok, err := tx.Setting(key)
			if string(got) != string(value) || ok != found {
				t.Errorf("the setting %q is %q, %t, want %q, %t", key, got, ok, value, found)
			}
			return err
		})
	}
	want("pace", nil, false)
	want("", nil, false)
	for _, value := range []string{"instant", "", "\x00\xff"} {
		update(t, c, func(tx *catalog.Tx) error { return tx.PutSetting("pace", []byte(value)) })
		update(t, c, func(tx *catalog.Tx) error { return tx.PutSetting("Pace", []byte("another")) })
		want("pace", []byte(value), true)
		want("Pace", []byte("another"), true)
	}
	if err := c.Update(t.Context(), func(tx *catalog.Tx) error { return tx.PutSetting("", nil) }); err == nil {
		t.Error("a setting without a key was written")
	}
}

func TestAudit(t *testing.T) {
	c := newCatalog()
	lines := []catalog.Audit{
		{At: 5, App: "app", User: 1, Account: 7, Operation: "audiences/create", Subject: 100, After: 1},
		{App: "app", User: 1, Account: 8, Operation: "audiences/create", Subject: 101, After: 1},
		{App: "other", User: 2, Account: 7, Operation: "audiences/update", Subject: 100, Before: 1, After: 2},
	}
	update(t, c, func(tx *catalog.Tx) error {
		for _, l := range lines {
			if err := tx.AddAudit(l); err != nil {
				return err
			}
		}
		return nil
	})
	lines[1].At, lines[2].At = noon, noon
	view(t, c, func(tx *catalog.Tx) error {
		got, next, err := tx.AuditOf(7, catalog.Page{Descending: true, Limit: 1})
		if err != nil {
			return err
		}
		if want := lines[2:]; !reflect.DeepEqual(got, want) {
			t.Errorf("the audit begins with %+v, want %+v", got, want)
		}
		got, next, err = tx.AuditOf(7, catalog.Page{After: next, Descending: true, Limit: 1})
		if want := lines[:1]; !reflect.DeepEqual(got, want) || next != 0 {
			t.Errorf("the audit goes on with %+v and %d, want %+v and 0", got, next, want)
		}
		return err
	})
}
