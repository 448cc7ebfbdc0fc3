package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

// WipeAccount deletes the records of an ad account: audiences with their versions, also those that were removed, shares in
// both directions, customer lists with their batches, conversion tags and uploads. The ad account, its roles and its audit
// stay. Jobs stay too: they end when they find that what they are about is no more.
func (t *Tx) WipeAccount(account parterre.ID) error {
	for _, n := range []noun{audiences, removed} {
		err := walk(t, n, account, func(a parterre.Audience) error {
			if err := t.dropShares(a.ID); err != nil {
				return err
			}
			return t.removeAll(versions.table, a.ID)
		})
		if err != nil {
			return err
		}
	}
	err := walk(t, lists, account, func(l parterre.CustomerList) error {
		if err := t.removeAll(driver.ListBatches, l.ID); err != nil {
			return err
		}
		return t.removeAll(driver.Uploads, l.ID)
	})
	if err != nil {
		return err
	}
	if err := t.dropSharesOf(receivedByAccount.owner(account)); err != nil {
		return err
	}
	for _, table := range []driver.Table{
		driver.Audiences, driver.RemovedAudiences, driver.CustomerLists, driver.ConversionTags,
	} {
		if err := t.removeAll(table, account); err != nil {
			return err
		}
	}
	return nil
}

// removeAll deletes the rows of an owner.
func (t *Tx) removeAll(table driver.Table, owner parterre.ID) error {
	n := noun{table: table}
	for p := (Page{Limit: walkStep}); ; {
		rows, next, err := t.page(n, owner, p)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := t.remove(n, row.ID); err != nil {
				return err
			}
		}
		if next == 0 {
			return nil
		}
		p.After = next
	}
}
