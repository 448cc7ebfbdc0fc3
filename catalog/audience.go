package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

const audienceAbsent = "Audience could not be found."

var (
	audiences = noun{driver.Audiences, 2542620639259, parterre.AudienceNotFound, audienceAbsent}
	removed   = noun{driver.RemovedAudiences, 1, parterre.AudienceNotFound, audienceAbsent}
	versions  = noun{driver.AudienceVersions, 1, parterre.AudienceNotFound, audienceAbsent}
)

// Audience reads an audience of the ad account, or fails with [parterre.AudienceNotFound].
func (t *Tx) Audience(account, id parterre.ID) (parterre.Audience, error) {
	return load[parterre.Audience](t, audiences, account, id)
}

// AudienceOfAny reads an audience of whichever ad account, for the operator of the platform, or fails with
// [parterre.AudienceNotFound].
func (t *Tx) AudienceOfAny(id parterre.ID) (parterre.Audience, error) {
	row, err := t.row(audiences, id)
	if err != nil {
		return parterre.Audience{}, err
	}
	return decode[parterre.Audience](audiences, row)
}

// Audiences lists the audiences of an ad account, and gives the id to continue after, 0 when there is no more.
func (t *Tx) Audiences(account parterre.ID, p Page) ([]parterre.Audience, parterre.ID, error) {
	return list[parterre.Audience](t, audiences, account, p)
}

// AllAudiences yields every audience of every ad account of the catalogue, and ends with the error of yield. The order is
// that of the ids of the ad accounts, then of the audiences.
func (t *Tx) AllAudiences(yield func(parterre.Audience) error) error {
	return walk(t, accounts, 0, func(a parterre.AdAccount) error {
		return walk(t, audiences, a.ID, yield)
	})
}

// CreateAudience writes a new audience and its first version. It fills in the id, and the moments of creation and update
// when they are 0.
func (t *Tx) CreateAudience(a *parterre.Audience) error {
	id, err := t.next(audiences)
	if err != nil {
		return err
	}
	a.ID = id
	t.seconds(&a.Created)
	t.seconds(&a.Updated)
	if err := t.save(t.put, audiences, driver.Row{ID: id, Owner: a.AdAccount}, a); err != nil {
		return err
	}
	return t.addVersion(a)
}

// PutAudience writes an audience in place of the stored one, and adds a version. It fails with
// [parterre.AudienceNotFound] when there is none in the ad account.
func (t *Tx) PutAudience(a *parterre.Audience) error {
	if err := t.PutServed(a); err != nil {
		return err
	}
	return t.addVersion(a)
}

// PutServed is PutAudience without a version: for what the service learns about an audience by itself, such as the rule
// whose membership is served.
func (t *Tx) PutServed(a *parterre.Audience) error {
	return t.save(t.replace, audiences, driver.Row{ID: a.ID, Owner: a.AdAccount}, a)
}

// RemoveAudience moves an audience, as it is given, to the removed ones; its versions stay, its shares end. It fails with
// [parterre.AudienceNotFound] when there is none in the ad account.
func (t *Tx) RemoveAudience(a *parterre.Audience) error {
	if _, err := t.owned(audiences, a.AdAccount, a.ID); err != nil {
		return err
	}
	if err := t.save(t.put, removed, driver.Row{ID: a.ID, Owner: a.AdAccount}, a); err != nil {
		return err
	}
	if err := t.dropShares(a.ID); err != nil {
		return err
	}
	return t.remove(audiences, a.ID)
}

// RemovedAudiences lists the removed audiences of an ad account, and gives the id to continue after, 0 when there is no
// more.
func (t *Tx) RemovedAudiences(account parterre.ID, p Page) ([]parterre.Audience, parterre.ID, error) {
	return list[parterre.Audience](t, removed, account, p)
}

// AudienceVersions lists what an audience was after its creation and after each update, oldest first unless the page says
// otherwise. The id to continue after is the version's row, not the audience's; it is 0 when there is no more.
func (t *Tx) AudienceVersions(id parterre.ID, p Page) ([]parterre.Audience, parterre.ID, error) {
	return list[parterre.Audience](t, versions, id, p)
}

func (t *Tx) addVersion(a *parterre.Audience) error {
	row, err := t.next(versions)
	if err != nil {
		return err
	}
	version := *a
	version.ServedRule = nil // it is the rule of another version
	return t.save(t.put, versions, driver.Row{ID: row, Owner: a.ID}, &version)
}
