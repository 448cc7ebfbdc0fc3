package catalog

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog/driver"
)

var settings = noun{driver.Settings, 1, parterre.NotFound, "Setting could not be found."}

// Setting reads a setting. It reports false when it was never written.
func (t *Tx) Setting(key string) ([]byte, bool, error) {
	row, err := t.byKey(settings, key)
	if parterre.CodeOf(err) == parterre.NotFound {
		return nil, false, nil
	}
	return row.Body, err == nil, err
}

// PutSetting writes a setting in place of what it was. The key is not empty.
func (t *Tx) PutSetting(key string, value []byte) error {
	if key == "" {
		return parterre.Errorf(parterre.Internal, "a setting has no key")
	}
	row, err := t.byKey(settings, key)
	if parterre.CodeOf(err) == parterre.NotFound {
		row.ID, err = t.next(settings)
	}
	if err != nil {
		return err
	}
	return t.put(settings, driver.Row{ID: row.ID, Key: key, Body: value})
}
