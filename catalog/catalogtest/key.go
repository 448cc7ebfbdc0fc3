package catalogtest

import (
	"errors"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var keyLaws = []law{
	{"a key that another row of the table has is refused", 0, on(keyTaken)},
	{"a row can be written again with its own key", 0, on(keyKept)},
	{"keys differ by case, by space and by any byte", 0, on(keyBytes)},
	{"any number of rows have no key", 0, on(noKey)},
	{"a deleted row frees its key", 0, on(keyFreedByDelete)},
	{"a row that changes its key frees the old one", 0, on(keyFreedByChange)},
	{"a refused key fails the transaction, even when the caller goes on", 0, on(keyFailsTransaction)},
}

func keyTaken(t *testing.T, d driver.Driver) {
	put(t, d, driver.Tokens, row(1, 5, "key"))
	err := d.Update(t.Context(), func(tx driver.Tx) error {
		return tx.Put(t.Context(), driver.Tokens, row(2, 6, "key"))
	})
	if !errors.Is(err, driver.ErrExists) {
		t.Errorf("writing a second row with the key: %v, want ErrExists", err)
	}
	wantKey(t, d, driver.Tokens, row(1, 5, "key"))
	wantNone(t, d, driver.Tokens, 2)
	put(t, d, driver.Roles, row(2, 6, "key")) // another table has keys of its own
	put(t, d, driver.Tokens, row(2, 6, "other"))
	err = d.Update(t.Context(), func(tx driver.Tx) error {
		return tx.Put(t.Context(), driver.Tokens, row(2, 6, "key"))
	})
	if !errors.Is(err, driver.ErrExists) {
		t.Errorf("changing a row to a key that is taken: %v, want ErrExists", err)
	}
	wantKey(t, d, driver.Tokens, row(2, 6, "other"))
}

func keyKept(t *testing.T, d driver.Driver) {
	put(t, d, driver.Tokens, row(1, 5, "key"))
	want := driver.Row{ID: 1, Owner: 6, Key: "key", Body: []byte("changed")}
	put(t, d, driver.Tokens, want, want)
	wantKey(t, d, driver.Tokens, want)
}

func keyBytes(t *testing.T, d driver.Driver) {
	keys := []string{
		"key", "Key", "KEY", "key ", " key", "k", "ключ", "кЛюч", "e\u0301", "\u00e9", "ss", "ß", "%", "_", "'",
		"key\x00", "key\x00a", "\xff\xfe",
	}
	for i, key := range keys {
		put(t, d, driver.Settings, row(parterre.ID(i+1), 0, key))
	}
	for i, key := range keys {
		wantKey(t, d, driver.Settings, row(parterre.ID(i+1), 0, key))
	}
	wantNoKey(t, d, driver.Settings, "kEY")
	wantNoKey(t, d, driver.Settings, "ke")
	wantNoKey(t, d, driver.Settings, "key%")
}

func noKey(t *testing.T, d driver.Driver) {
	put(t, d, driver.Jobs, row(1, 5, ""), row(2, 5, ""), row(3, 5, "key"))
	put(t, d, driver.Jobs, row(3, 5, ""))
	for id := parterre.ID(1); id <= 3; id++ {
		wantRow(t, d, driver.Jobs, row(id, 5, ""))
	}
	wantNoKey(t, d, driver.Jobs, "key")
}

func keyFreedByDelete(t *testing.T, d driver.Driver) {
	put(t, d, driver.Tokens, row(1, 5, "key"))
	remove(t, d, driver.Tokens, 1)
	put(t, d, driver.Tokens, row(2, 5, "key"))
	wantKey(t, d, driver.Tokens, row(2, 5, "key"))
	update(t, d, func(tx driver.Tx) error { // in one transaction as well
		if err := tx.Delete(t.Context(), driver.Tokens, 2); err != nil {
			return err
		}
		return tx.Put(t.Context(), driver.Tokens, row(3, 5, "key"))
	})
	wantKey(t, d, driver.Tokens, row(3, 5, "key"))
}

func keyFreedByChange(t *testing.T, d driver.Driver) {
	put(t, d, driver.Tokens, row(1, 5, "first"))
	put(t, d, driver.Tokens, row(1, 5, "second"), row(2, 5, "first"))
	wantKey(t, d, driver.Tokens, row(1, 5, "second"))
	wantKey(t, d, driver.Tokens, row(2, 5, "first"))
}

func keyFailsTransaction(t *testing.T, d driver.Driver) {
	ctx := t.Context()
	put(t, d, driver.Tokens, row(1, 5, "key"))
	err := d.Update(ctx, func(tx driver.Tx) error {
		if err := tx.Put(ctx, driver.Tokens, row(2, 5, "")); err != nil {
			return err
		}
		if err := tx.Put(ctx, driver.Tokens, row(3, 5, "key")); !errors.Is(err, driver.ErrExists) {
			t.Errorf("writing a second row with the key: %v, want ErrExists", err)
		}
		_ = tx.Put(ctx, driver.Tokens, row(4, 5, ""))
		return nil
	})
	if !errors.Is(err, driver.ErrExists) {
		t.Errorf("the update ended with %v, want ErrExists", err)
	}
	wantList(t, d, driver.Tokens, driver.Range{Owner: 5, Limit: 9}, 1)
}
