package memindex_test

import (
	"testing"

	"github.com/parterre/parterre/index/indextest"
	"github.com/parterre/parterre/index/memindex"
)

func TestLaws(t *testing.T) {
	indextest.Run(t, func(testing.TB) indextest.Harness { return indextest.Harness{Driver: memindex.New()} })
}
