package server

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
)

// lane is a kind of work that has a bound of its own, so that no kind keeps another one out.
type lane struct {
	name   string
	most   int64 // requests at once
	writes bool  // it is turned away when the disk is nearly full
	bulk   bool  // it is turned away as well while the store has to catch up
	in     atomic.Int64
}

// streamed is what a request counts whose body is read piece by piece, in bytes.
const streamed = 8 << 20

// The reasons for which a request is turned away, beside the names of the lanes.
const (
	noMemory     = "bodies"
	noRoom       = "disk"
	noPace       = "store"
	noConnection = "connections"
)

// gate lets requests in while there are means for them, and turns the others away at once: a request that waits holds memory,
// and its caller does not know that it should come later.
type gate struct {
	lookups, reads, writes, events, lists, uploads *lane

	bodies  int64        // bytes of bodies that may be held at once
	held    atomic.Int64 // bytes that are held, or were announced
	full    atomic.Bool  // the disk has no more room for writes
	busy    atomic.Bool  // the store has to catch up
	refused map[string]*atomic.Uint64
}

func newGate(b budget) *gate {
	g := &gate{
		lookups: &lane{name: "lookups", most: 512},
		reads:   &lane{name: "reads", most: 256},
		writes:  &lane{name: "writes", most: 64, writes: true},
		events:  &lane{name: "events", most: 64, writes: true, bulk: true},
		lists:   &lane{name: "lists", most: 16, writes: true, bulk: true},
		uploads: &lane{name: "uploads", most: 64, writes: true},
		bodies:  b.bodies,
		refused: map[string]*atomic.Uint64{},
	}
	for _, l := range g.lanes() {
		g.refused[l.name] = new(atomic.Uint64)
	}
	for _, reason := range []string{noMemory, noRoom, noPace, noConnection} {
		g.refused[reason] = new(atomic.Uint64)
	}
	return g
}

func (g *gate) lanes() []*lane {
	return []*lane{g.lookups, g.reads, g.writes, g.events, g.lists, g.uploads}
}

// laneOf is the lane of a route.
func (g *gate) laneOf(r *wire.Route) *lane {
	switch r.Operation {
	case "events/create", "events/import", "engagements/import", "people/import":
		return g.events
	case "customer_lists/create", "customer_lists/update":
		return g.lists
	case "uploads/put":
		return g.uploads
	}
	switch {
	case strings.HasPrefix(r.Path, "/parterre/v1/memberships"):
		return g.lookups
	case r.Method == http.MethodGet || r.Right == parterre.Read:
		return g.reads
	}
	return g.writes
}

// guard puts the gate before the routes.
func (g *gate) guard(routes []wire.Route) []wire.Route {
	for i := range routes {
		l, most := g.laneOf(&routes[i]), routes[i].MaxBody
		routes[i].Admit = func(r *http.Request) (done func(), err error) { return g.admit(l, g.cost(l, r, most)) }
	}
	return routes
}

// cost is what the body of a request counts in bytes.
func (g *gate) cost(l *lane, r *http.Request, most int64) int64 {
	switch {
	case r.Body == http.NoBody || r.ContentLength == 0:
		return 0
	case most == 0 && l == g.events: // lines, which are taken in some at a time
		return min(streamed, g.bodies/4)
	case most == 0:
		return 0
	case r.ContentLength < 0:
		return most
	}
	return min(r.ContentLength, most)
}

// admit lets a request in, until done is called, or says why not. A body that is larger than the bound passes alone.
func (g *gate) admit(l *lane, bytes int64) (done func(), err error) {
	switch {
	case l.writes && g.full.Load():
		return nil, g.refuse(noRoom, errNoRoom())
	case l.bulk && g.busy.Load():
		return nil, g.refuse(noPace, parterre.Errorf(parterre.Unavailable,
			"The store has to catch up first: nothing of this request was kept; send it again in a moment"))
	}
	if l.in.Add(1) > l.most {
		l.in.Add(-1)
		return nil, g.refuse(l.name, parterre.Errorf(parterre.Unavailable,
			"Too many requests of this kind are being worked on: nothing of this one was kept; send it again in a moment"))
	}
	if held := g.held.Add(bytes); bytes > 0 && held > g.bodies && held > bytes {
		g.held.Add(-bytes)
		l.in.Add(-1)
		return nil, g.refuse(noMemory, parterre.Errorf(parterre.Unavailable,
			"Too many bytes of requests are being worked on: nothing of this one was kept; send it again in a moment"))
	}
	return func() {
		g.held.Add(-bytes)
		l.in.Add(-1)
	}, nil
}

func (g *gate) refuse(reason string, err error) error {
	g.refused[reason].Add(1)
	return err
}

// room fails while the disk has no room for writes.
func (g *gate) room() error {
	if g.full.Load() {
		return errNoRoom()
	}
	return nil
}

func errNoRoom() error {
	return parterre.Errorf(parterre.NoRoom, "The disk is nearly full: nothing of it was kept, and no writes are taken until there is "+
		"room again; look-ups go on")
}
