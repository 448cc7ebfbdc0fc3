package server_test

import (
	"context"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre/internal/server"
)

// Tables are rewritten when they leave alone what the reserve has for what must still be written; otherwise they wait.
func TestTablesLeaveRoomForWhatMustBeWritten(t *testing.T) {
	folder := t.TempDir()
	disk, err := vfs.Default.GetDiskUsage(folder)
	if err != nil {
		t.Fatal(err)
	}
	free := int64(disk.AvailBytes)
	if free < 2<<30 {
		t.Skipf("the disk has %d bytes left", free)
	}
	for name, c := range map[string]struct {
		folder         string
		reserve, bytes int64
		waits          bool
	}{
		"without a reserve":             {folder, 0, 1, false},
		"more than the disk":            {folder, 0, 1 << 61, true},
		"a reserve larger than needed":  {folder, 1 << 61, 1, false},
		"into what must be written":     {folder, 1 << 61, free - 190<<20, true},
		"into a reserve that is small":  {folder, 1 << 20, free - 190<<20, false},
		"where nothing is kept on disk": {"", 1 << 61, 1 << 61, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			config := server.Config{MemoryLimit: 16 << 30, DiskReserve: c.reserve} // 384 MiB may be unwritten
			if err := server.Spare(ctx, c.folder, config, c.bytes); (err != nil) != c.waits {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}
