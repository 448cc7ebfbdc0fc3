package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var apps = noun{driver.Apps, 1, parterre.NotFound, "App could not be found."}

// App is a program that asks users for access. Its secret is not kept: Secret is its SHA-256 digest in hexadecimal.
type App struct {
	ID           parterre.ID `json:"id"`
	Name         string      `json:"name"`
	Owner        parterre.ID `json:"owner"` // the user for whom it acts with its own credentials
	Secret       string      `json:"secret"`
	RedirectURIs []string    `json:"redirect_uris"` // where a user may be sent back to, to the letter
	Sandbox      bool        `json:"sandbox,omitempty"`
	Created      int64       `json:"created"` // seconds since 1970
}

// App reads an app, or fails with [parterre.NotFound].
func (t *Tx) App(id parterre.ID) (App, error) { return load[App](t, apps, 0, id) }

// PutApp writes an app: a new one, whose id the caller chose, or in place of the stored one.
func (t *Tx) PutApp(a App) error {
	t.seconds(&a.Created)
	return t.save(t.put, apps, driver.Row{ID: a.ID}, a)
}

// KeepSandboxApp deletes the apps of the sandbox but the one with that id: there is one at a time.
func (t *Tx) KeepSandboxApp(id parterre.ID) error {
	return t.dropRows(apps, 0, func(row driver.Row) (bool, error) {
		a, err := decode[App](apps, row)
		return a.Sandbox && a.ID != id, err
	})
}
