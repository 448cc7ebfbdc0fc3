package index

import (
	"context"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
)

// histories remember what some persons did, and what they hold of derived audiences by it: whoever is looked up once is often
// looked up again soon. They are kept current by every change.
//
// An entry is put in place before the store is read, so that every change from then on is taken over; what is in both
// counts once.
type histories struct {
	mu struct {
		sync.Mutex
		persons cache[parterre.PersonID, *remembered] // weighed in lines
	}
}

// remembered is what is known of a person.
type remembered struct {
	lines []line
	read  bool // before that, lines are only what came meanwhile

	held    []Holding // by the lines without the fresh ones; never changed
	at      uint64    // the state of the derived audiences of which that is so; 0 when there is none
	fresh   []line    // that came since
	edition uint64    // another one whenever held is replaced or forgotten
}

const (
	mostLines      = 512 // of one person that are remembered
	mostFresh      = 32  // of one person before all lines are gone through again
	linesForPerson = 8   // that take about as much memory as a person without any
	linesForHeld   = 2   // and as a holding
)

// init sets how many lines are remembered, about.
func (h *histories) init(most int) {
	h.mu.persons.size = most
	h.mu.persons.weigh = func(r *remembered) int {
		return linesForPerson + len(r.lines) + len(r.fresh) + linesForHeld*len(r.held)
	}
}

// recollection is what is known of a person at a moment: what they held in a state of the derived audiences, and the lines that
// are to be added to that. The lines are in no order, some perhaps twice.
type recollection struct {
	held  []Holding
	lines []line

	of      *remembered // nil when it is not to be remembered
	current bool        // held is all but for the lines
	fresh   int         // how many of the fresh lines are among the lines
	edition uint64
}

// of says what is known of a person. It appends the lines to dst.
func (h *histories) of(ctx context.Context, d driver.Driver, p parterre.PersonID, state uint64, dst []line) (recollection, error) {
	h.mu.Lock()
	r, found := h.mu.persons.get(p)
	if found && r.read {
		defer h.mu.Unlock()
		return r.recall(state, dst), nil
	}
	if !found {
		r = &remembered{}
		h.mu.persons.put(p, r)
	}
	h.mu.Unlock()
	err := d.History(ctx, p, func(c history.Cell, s parterre.Stamp) { dst = append(dst, line{c, s}) })
	if found { // somebody else is reading it
		return recollection{lines: dst}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil || len(dst) > mostLines {
		h.forgetLocked(p, r)
		return recollection{lines: dst}, err
	}
	h.changeLocked(p, r, func() {
		for _, l := range dst {
			r.add(l)
		}
		r.read = true
	})
	return r.recall(state, dst[:0]), nil
}

// recall is what is known; the caller holds the lock.
func (r *remembered) recall(state uint64, dst []line) recollection {
	known := recollection{lines: dst, of: r, current: r.at == state, fresh: len(r.fresh), edition: r.edition}
	if known.current {
		known.held, known.lines = r.held, append(known.lines, r.fresh...)
	} else {
		known.lines = append(known.lines, r.lines...)
	}
	return known
}

// keep remembers what a person held in a state, by what was known of them. The slice is not changed any more.
func (h *histories) keep(p parterre.PersonID, known *recollection, state uint64, held []Holding) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, found := h.mu.persons.peek(p)
	if !found || r != known.of || r.edition != known.edition { // somebody was quicker
		return
	}
	h.changeLocked(p, r, func() {
		r.held, r.at, r.edition, r.fresh = held, state, r.edition+1, slices.Clone(r.fresh[known.fresh:])
	})
}

// add takes a line over. Of those in one cell the latest counts.
func (r *remembered) add(l line) {
	switch {
	case !r.read:
	case len(r.fresh) < mostFresh:
		r.fresh = append(r.fresh, l)
	default:
		r.held, r.at, r.edition, r.fresh = nil, 0, r.edition+1, nil
	}
	for i := range r.lines {
		if r.lines[i].cell == l.cell {
			r.lines[i].stamp = max(r.lines[i].stamp, l.stamp)
			return
		}
	}
	r.lines = append(r.lines, l)
}

// changeLocked changes what is known of a person.
func (h *histories) changeLocked(p parterre.PersonID, r *remembered, change func()) {
	before := h.mu.persons.weigh(r)
	change()
	h.mu.persons.grew(p, h.mu.persons.weigh(r)-before)
}

func (h *histories) forgetLocked(p parterre.PersonID, r *remembered) {
	if other, _ := h.mu.persons.peek(p); other == r {
		h.mu.persons.drop(p)
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
	if h.mu.persons.len() == 0 {
		return
	}
	for _, a := range acts {
		r, found := h.mu.persons.peek(a.Person)
		if !found || a.Stamp == 0 {
			continue
		}
		h.changeLocked(a.Person, r, func() { r.add(line{history.CellOf(uint32(a.Page), uint32(a.Facet)), a.Stamp}) })
		if len(r.lines) > mostLines {
			h.forgetLocked(a.Person, r)
		}
	}
}

func (h *histories) stats() CacheStats {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mu.persons.stats("histories")
}
