package index

import (
	"context"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
)

// histories remember what some persons did: whoever is looked up once is often looked up again soon, and a store keeps the
// histories of many persons together. They are kept current by every change.
//
// An entry is put in place before the store is read, so that every change from then on is taken over; what is in both
// counts once. There are two halves, as in a cache.
type histories struct {
	most int // lines of a half, about
	mu   struct {
		sync.Mutex
		young, old   map[parterre.PersonID]*remembered
		lines        int // of the young half
		hits, misses uint64
	}
}

// remembered is what is known of a person.
type remembered struct {
	lines []line
	read  bool // before that, lines are only what came meanwhile
}

// mostLines is how many lines of one person are remembered, and linesForPerson about how many take as much memory as a person
// without any.
const (
	mostLines      = 512
	linesForPerson = 8
)

// of appends the lines of a person to dst, in no order, some perhaps twice.
func (h *histories) of(ctx context.Context, d driver.Driver, p parterre.PersonID, dst []line) ([]line, error) {
	h.mu.Lock()
	r := h.findLocked(p)
	if r != nil && r.read {
		h.mu.hits++
		dst = append(dst, r.lines...)
		h.mu.Unlock()
		return dst, nil
	}
	h.mu.misses++
	first := r == nil
	if first {
		r = &remembered{}
		h.putLocked(p, r)
	}
	h.mu.Unlock()
	from := len(dst)
	err := d.History(ctx, p, func(c history.Cell, s parterre.Stamp) { dst = append(dst, line{c, s}) })
	if !first {
		return dst, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || len(dst)-from > mostLines {
		h.forgetLocked(p, r)
		return dst, err
	}
	for _, l := range dst[from:] {
		r.add(l)
	}
	r.read = true
	if h.mu.young[p] == r {
		h.mu.lines += len(r.lines)
	}
	return dst, nil
}

// add takes a line over. Of those in one cell the latest counts.
func (r *remembered) add(l line) {
	for i := range r.lines {
		if r.lines[i].cell == l.cell {
			r.lines[i].stamp = max(r.lines[i].stamp, l.stamp)
			return
		}
	}
	r.lines = append(r.lines, l)
}

func (h *histories) findLocked(p parterre.PersonID) *remembered {
	if r := h.mu.young[p]; r != nil {
		return r
	}
	r := h.mu.old[p]
	if r != nil {
		h.putLocked(p, r)
	}
	return r
}

// putLocked puts an entry into the young half, which becomes the old one when it is full.
func (h *histories) putLocked(p parterre.PersonID, r *remembered) {
	if h.mu.young == nil || h.mu.lines >= h.most {
		h.mu.old, h.mu.young, h.mu.lines = h.mu.young, map[parterre.PersonID]*remembered{}, 0
	}
	h.mu.young[p] = r
	h.mu.lines += linesForPerson + len(r.lines)
}

func (h *histories) forgetLocked(p parterre.PersonID, r *remembered) {
	for _, half := range []map[parterre.PersonID]*remembered{h.mu.young, h.mu.old} {
		if half[p] == r {
			delete(half, p)
		}
	}
}

// moved takes over a change of the store, some of it at a time, so that nobody waits for all of it.
func (h *histories) moved(w *driver.Writes) {
	for some := range slices.Chunk(w.Acts, 64) {
		h.took(some)
	}
}

func (h *histories) took(acts []driver.Act) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.mu.young)+len(h.mu.old) == 0 {
		return
	}
	for _, a := range acts {
		r := h.mu.young[a.Person]
		if r == nil {
			r = h.mu.old[a.Person]
		}
		if r == nil || a.Stamp == 0 {
			continue
		}
		r.add(line{history.CellOf(uint32(a.Page), uint32(a.Facet)), a.Stamp})
		if len(r.lines) > mostLines {
			h.forgetLocked(a.Person, r)
		}
	}
}

func (h *histories) stats() CacheStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return CacheStats{Name: "histories", Entries: len(h.mu.young) + len(h.mu.old), Hits: h.mu.hits, Misses: h.mu.misses}
}
