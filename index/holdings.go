package index

import (
	"context"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
	"github.com/parterre/parterre/roll"
)

// Holding is a person's stamp in the roll of an audience.
type Holding struct {
	Roll  driver.RollID
	Stamp parterre.Stamp
}

// holdings turn the rolls of audiences round: of some blocks they know, for each person, the rolls that hold them. A block is
// read from the store when somebody in it is asked about, and is kept current by every change until it has to make room.
//
// A table is put in place before the store is read, so that every change from then on is merged into it; what is in both
// counts once, because the larger stamp wins.
type holdings struct {
	most int // stamps that the tables hold together, about
	mu   struct {
		sync.Mutex
		numbers map[driver.RollID]uint32 // of rolls that are there
		rolls   []driver.RollID          // by number; the zero RollID of one that was dropped
		tables  map[uint16]*table
		order   []uint16 // of the tables, the oldest first
		held    int      // by all tables
		hits    uint64
		misses  uint64
	}
}

// table is one block of all rolls of audiences, by person.
type table struct {
	read   byPerson          // from the store
	more   map[uint16][]held // what came since, of other rolls, and what came meanwhile
	number int               // of stamps
	done   chan struct{}     // closed when the store was read

	// dropped are the rolls that were dropped while the store was being read, which may have been seen before.
	dropped map[driver.RollID]bool
}

// byPerson is what some persons of a block hold.
type byPerson struct {
	lows   []uint16 // whose it is, ascending, once for each roll
	list   []held
	starts []uint32 // the persons whose number has the upper half i are lows[starts[i]:starts[i+1]]
}

type held struct {
	roll  uint32
	stamp parterre.Stamp
}

// Holdings gives a person's stamps in the rolls of audiences, in no order. Whether a stamp makes a member is for
// [Membership.Holds] to say. The slice is the caller's own.
func (ix *Index) Holdings(ctx context.Context, p parterre.PersonID) ([]Holding, error) {
	found, err := ix.rollHoldings(ctx, p)
	if err != nil {
		return nil, err
	}
	return ix.derivedHoldings(ctx, p, found)
}

// rollHoldings gives what a person holds in rolls of audiences.
func (ix *Index) rollHoldings(ctx context.Context, p parterre.PersonID) ([]Holding, error) {
	h := &ix.holdings
	for {
		h.mu.Lock()
		t := h.mu.tables[roll.Block(p)]
		if t != nil {
			select {
			case <-t.done:
				found := h.ofLocked(t, roll.Low(p))
				h.mu.hits++
				h.mu.Unlock()
				return found, nil
			default:
			}
			h.mu.Unlock()
			select {
			case <-t.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			continue
		}
		t = h.beginLocked(roll.Block(p))
		h.mu.Unlock()
		if err := ix.fill(ctx, roll.Block(p), t); err != nil {
			return nil, err
		}
	}
}

func (h *holdings) ofLocked(t *table, low uint16) []Holding {
	read, more := t.read.of(low), t.more[low]
	found := make([]Holding, 0, len(read)+len(more))
	for _, x := range read {
		if id := h.mu.rolls[x.roll]; id != (driver.RollID{}) {
			found = append(found, Holding{id, x.stamp})
		}
	}
	before := found
	for _, x := range more {
		if one := (Holding{h.mu.rolls[x.roll], x.stamp}); one.Roll != (driver.RollID{}) && !extend(before, one) {
			found = append(found, one)
		}
	}
	return found
}

// extend takes a holding over where there is one in the same roll, and says whether there was.
func extend(list []Holding, one Holding) bool {
	at := slices.IndexFunc(list, func(h Holding) bool { return h.Roll == one.Roll })
	if at >= 0 {
		list[at].Stamp = max(list[at].Stamp, one.Stamp)
	}
	return at >= 0
}

// of is what a person holds.
func (b *byPerson) of(low uint16) []held {
	if len(b.lows) == 0 {
		return nil
	}
	first, last := b.starts[low>>8], b.starts[low>>8+1]
	from, _ := slices.BinarySearch(b.lows[first:last], low)
	from += int(first)
	to := from
	for to < len(b.lows) && b.lows[to] == low {
		to++
	}
	return b.list[from:to]
}

// beginLocked puts an empty table in place, and takes the oldest ones away where there is no room.
func (h *holdings) beginLocked(block uint16) *table {
	if h.mu.tables == nil {
		h.mu.tables, h.mu.numbers = map[uint16]*table{}, map[driver.RollID]uint32{}
	}
	h.mu.misses++
	for len(h.mu.order) > 0 && h.mu.held >= h.most {
		h.forgetLocked(h.mu.order[0])
	}
	t := &table{more: map[uint16][]held{}, done: make(chan struct{}), dropped: map[driver.RollID]bool{}}
	h.mu.tables[block] = t
	h.mu.order = append(h.mu.order, block)
	return t
}

func (h *holdings) forgetLocked(block uint16) {
	h.mu.held -= h.mu.tables[block].number
	delete(h.mu.tables, block)
	for i, b := range h.mu.order {
		if b == block {
			h.mu.order = append(h.mu.order[:i:i], h.mu.order[i+1:]...)
			return
		}
	}
}

// fill reads a block of all rolls of audiences into its table.
func (ix *Index) fill(ctx context.Context, block uint16, t *table) error {
	h := &ix.holdings
	var lows []uint16
	var all []held
	err := ix.d.Across(ctx, block, func(id driver.RollID, c roll.Chunk) error {
		h.mu.Lock()
		gone := t.dropped[id]
		var n uint32
		if !gone {
			n = h.numberLocked(id)
		}
		h.mu.Unlock()
		if gone {
			return nil
		}
		for i := range c.Len() {
			low, s := c.At(i)
			lows, all = append(lows, low), append(all, held{n, s})
		}
		return nil
	})
	read := sorted(lows, all)
	h.mu.Lock()
	defer h.mu.Unlock()
	defer close(t.done)
	t.dropped = nil
	there := h.mu.tables[block] == t // it may have made room for others
	if err != nil {
		if there {
			h.forgetLocked(block)
		}
		return parterre.Internalf(err, "read a block of all audiences")
	}
	t.read = read
	if there {
		t.number, h.mu.held = t.number+len(all), h.mu.held+len(all)
	}
	return nil
}

// sorted puts what is held in the order of the persons.
func sorted(lows []uint16, list []held) byPerson {
	b := byPerson{lows: make([]uint16, len(lows)), list: make([]held, len(list))}
	at := make([]uint32, roll.BlockSize+1) // where each person begins
	for _, low := range lows {
		at[int(low)+1]++
	}
	for i := range roll.BlockSize {
		at[i+1] += at[i]
	}
	for i := 0; i <= roll.BlockSize; i += 256 {
		b.starts = append(b.starts, at[i])
	}
	for i, low := range lows {
		b.lows[at[low]], b.list[at[low]] = low, list[i]
		at[low]++
	}
	return b
}

func (h *holdings) addChunkLocked(t *table, id driver.RollID, c roll.Chunk) {
	n := h.numberLocked(id)
	for i := range c.Len() {
		low, s := c.At(i)
		h.addLocked(t, low, held{n, s})
	}
}

func (h *holdings) numberLocked(id driver.RollID) uint32 {
	n, there := h.mu.numbers[id]
	if !there {
		n = uint32(len(h.mu.rolls))
		h.mu.rolls = append(h.mu.rolls, id)
		h.mu.numbers[id] = n
	}
	return n
}

func (h *holdings) addLocked(t *table, low uint16, x held) {
	for _, list := range [2][]held{t.read.of(low), t.more[low]} {
		for i := range list {
			if list[i].roll == x.roll {
				list[i].stamp = max(list[i].stamp, x.stamp)
				return
			}
		}
	}
	t.more[low] = append(t.more[low], x)
	t.number++
	h.mu.held++
}

// moved takes over a change of the store.
func (h *holdings) moved(w *driver.Writes) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range w.Drops {
		if n, there := h.mu.numbers[id]; there {
			h.mu.rolls[n] = driver.RollID{}
			delete(h.mu.numbers, id)
		}
		for _, t := range h.mu.tables {
			if t.dropped != nil {
				t.dropped[id] = true
			}
		}
	}
	if len(h.mu.tables) == 0 {
		return
	}
	for _, m := range w.Merges {
		if t := h.mu.tables[m.Block]; t != nil && m.Roll.Kind == driver.AudienceRoll {
			h.addChunkLocked(t, m.Roll, m.Chunk)
		}
	}
	for _, m := range w.Moves {
		if m.Roll.Kind != driver.AudienceRoll || m.Stamp == 0 {
			continue
		}
		if t := h.mu.tables[roll.Block(m.Person)]; t != nil {
			h.addLocked(t, roll.Low(m.Person), held{h.numberLocked(m.Roll), m.Stamp})
		}
	}
}
