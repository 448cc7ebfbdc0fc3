package lsmindex

import (
	"context"

	"github.com/parterre/parterre/index/driver"
)

// Room says whether there is room on the disk. The tree cannot go on after a write to its log has failed, so nothing must be
// begun that may not fit: the one who knows the disk keeps a reserve. Its functions may be called concurrently.
type Room struct {
	// Write fails when nothing more should be written. Its error comes back from Apply, and nothing has changed.
	Write func() error

	// Rewrite waits until there is room to write tables anew, which makes room in the end but needs some before: so many bytes
	// at most until it is asked again. It fails when the context ends.
	Rewrite func(ctx context.Context, bytes int64) error
}

// fits fails when there is no room for a change. One that only drops something makes room, and always fits.
func (r *Room) fits(w *driver.Writes) error {
	if r.Write == nil {
		return nil
	}
	if len(w.Bindings)+len(w.People)+len(w.Facets)+len(w.Pages)+len(w.Merges)+len(w.Moves)+len(w.Acts)+len(w.Rows) == 0 {
		return nil
	}
	return r.Write()
}
