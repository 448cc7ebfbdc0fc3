package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/memcatalog"
)

var historyLaws = []law{
	{"a random history leaves what it leaves in memory", 0, randomHistory},
	{"a random history leaves what it leaves in memory, opened again midway", Durable, reopenedHistory},
}

func randomHistory(t *testing.T, h Harness) {
	runHistory(t, h.Open(t), func(d driver.Driver) driver.Driver { return d })
}

func reopenedHistory(t *testing.T, h Harness) {
	runHistory(t, h.Open(t), func(d driver.Driver) driver.Driver { return reopen(t, h, d) })
}

// runHistory makes the same random changes in two stores, and compares what they answer, and now and then everything that
// they hold.
func runHistory(t *testing.T, d driver.Driver, pause func(driver.Driver) driver.Driver) {
	seed, model := rand.Uint64(), memcatalog.New()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	for i := range uint64(120) {
		got, want := step(t.Context(), d, seed, i), step(t.Context(), model, seed, i)
		if got != want {
			t.Fatalf("update %d answered\n%s\nwant\n%s", i, got, want)
		}
		if i%40 == 39 {
			d = pause(d)
			if got, want := dump(t, d), dump(t, model); got != want {
				t.Fatalf("after update %d the store holds\n%s\nwant\n%s", i, got, want)
			}
		}
	}
}

// step makes one random update, which is a function of the seed and of its number, and tells what it was answered.
func step(ctx context.Context, d driver.Driver, seed, number uint64) string {
	random, answers := rand.New(rand.NewPCG(seed, number)), new(strings.Builder)
	err := d.Update(ctx, func(tx driver.Tx) error {
		for range 1 + random.IntN(6) {
			answer, err := act(ctx, tx, random)
			fmt.Fprintln(answers, answer)
			if err != nil {
				return err
			}
		}
		if random.IntN(5) == 0 {
			return errWanted
		}
		return nil
	})
	return answers.String() + outcome(err)
}

// outcome is an error without its text, which is the backend's own.
func outcome(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, driver.ErrNotFound):
		return "not found"
	case errors.Is(err, driver.ErrExists):
		return "exists"
	case errors.Is(err, errWanted):
		return "failed as it wanted"
	}
	return err.Error()
}

// act makes one random call. Few ids, owners and keys make it likely that calls meet.
func act(ctx context.Context, tx driver.Tx, random *rand.Rand) (string, error) {
	table := driver.Tables[random.IntN(3)]
	id, owner := parterre.ID(1+random.IntN(12)), parterre.ID(random.IntN(3))
	keys := []string{"", "", "", "a", "A", "b", "c", "d"}
	key := keys[random.IntN(len(keys))]
	switch random.IntN(8) {
	case 0, 1, 2:
		body := fmt.Appendf(nil, "%x", random.Uint64())
		err := tx.Put(ctx, table, driver.Row{ID: id, Owner: owner, Key: key, Body: body[:random.IntN(len(body)+1)]})
		return "put " + outcome(err), err
	case 3:
		err := tx.Delete(ctx, table, id)
		return "delete " + outcome(err), err
	case 4:
		_, err := tx.Next(ctx, table, 5) // which id it gives is the backend's own, within the laws
		return "next " + outcome(err), err
	case 5:
		found, err := tx.Row(ctx, table, id)
		return "row " + show(found) + " " + outcome(err), unlessAbsent(err)
	case 6:
		if key == "" {
			key = "e"
		}
		found, err := tx.ByKey(ctx, table, key)
		return "by key " + show(found) + " " + outcome(err), unlessAbsent(err)
	default:
		after := parterre.ID(random.IntN(14))
		r := driver.Range{Owner: owner, After: after, Descending: random.IntN(2) == 0, Limit: 1 + random.IntN(5)}
		found, err := tx.List(ctx, table, r)
		return fmt.Sprintf("list %v %s", idsOf(found), outcome(err)), err
	}
}

func unlessAbsent(err error) error {
	if errors.Is(err, driver.ErrNotFound) {
		return nil
	}
	return err
}

// dump shows every row that a history can have written.
func dump(t *testing.T, d driver.Driver) string {
	t.Helper()
	all := new(strings.Builder)
	for _, table := range driver.Tables[:3] {
		for owner := range parterre.ID(3) {
			for _, r := range list(t, d, table, driver.Range{Owner: owner, Limit: 1000}) {
				fmt.Fprintln(all, table, show(r))
			}
		}
	}
	return all.String()
}
