package memcatalog_test

import (
	"testing"

	"github.com/parterre/parterre/catalog/catalogtest"
	"github.com/parterre/parterre/catalog/driver"
	"github.com/parterre/parterre/catalog/memcatalog"
)

func TestLaws(t *testing.T) {
	catalogtest.Run(t, func(testing.TB) catalogtest.Harness {
		return catalogtest.Harness{Open: func(testing.TB) driver.Driver { return memcatalog.New() }}
	})
}
