package server

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre/internal/telemetry"
)

const (
	// lookout is how often the watchdog looks.
	lookout = 100 * time.Millisecond
	// moment is how often in a row it has to find the store behind until events are turned away.
	moment = 3
)

// watchdog looks after what may run out while requests come: room on the disk, and the pace of the store.
type watchdog struct {
	gate      *gate
	folder    string // on the disk in question; empty when nothing is kept
	reserve   int64  // bytes that writes leave alone
	unwritten int64  // bytes of it that tables which are rewritten leave alone, too: for what must still be written
	log       *slog.Logger
	free      atomic.Int64 // bytes on the disk, -1 when nobody knows
	store     any          // of the index, which may tell whether it is behind

	end  chan struct{}
	done sync.WaitGroup
}

func newWatchdog(g *gate, folder string, c Config, log *slog.Logger) *watchdog {
	w := &watchdog{
		gate: g, folder: folder, reserve: c.DiskReserve, unwritten: min(c.DiskReserve, divide(c.MemoryLimit).unwritten()),
		log: log, end: make(chan struct{}),
	}
	w.look()
	return w
}

// run looks from time to time, until stop.
func (w *watchdog) run() {
	store, tells := w.store.(interface{ Busy() bool })
	w.done.Go(func() {
		tick := time.NewTicker(lookout)
		defer tick.Stop()
		for behind := 0; ; {
			select {
			case <-w.end:
				return
			case <-tick.C:
			}
			w.look()
			if behind++; !tells || !store.Busy() {
				behind = 0
			}
			w.gate.busy.Store(behind >= moment)
		}
	})
}

// stop ends the looking.
func (w *watchdog) stop(context.Context) error {
	close(w.end)
	w.done.Wait()
	return nil
}

// look sees how much room there is. Writes go on when a bit more is free than was needed to stop them.
func (w *watchdog) look() {
	free := w.room()
	w.free.Store(free)
	full := w.gate.full.Load()
	switch {
	case free < 0:
	case !full && free < w.reserve:
		w.log.Error("the disk is nearly full: writes are turned away", slog.Int64("free", free), slog.Int64("reserve", w.reserve))
		w.gate.full.Store(true)
	case full && free >= w.reserve+w.reserve/10:
		w.log.Info("the disk has room again: writes go on", slog.Int64("free", free))
		w.gate.full.Store(false)
	}
}

// room is how many bytes the disk has left, -1 where nothing is kept and on a file system that does not tell: they are not
// guarded.
func (w *watchdog) room() int64 {
	if w.folder == "" {
		return -1
	}
	usage, err := vfs.Default.GetDiskUsage(w.folder)
	if err != nil {
		return -1
	}
	return int64(min(usage.AvailBytes, 1<<62)) //nolint:gosec // bounded
}

// spare waits while tables of so many bytes would take from the room for what must still be written. It fails when the context
// ends.
func (w *watchdog) spare(ctx context.Context, bytes int64) error {
	for free := w.room(); free >= 0 && free-bytes < w.unwritten; free = w.room() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookout):
		}
	}
	return nil
}

// note is what healthz says beside that the service is well, empty when there is nothing.
func (w *watchdog) note() string {
	switch {
	case w.gate.full.Load():
		return fmt.Sprintf("writes are turned away: the disk has %d MiB left, and %d MiB are kept in reserve\n",
			w.free.Load()>>20, w.reserve>>20)
	case w.gate.busy.Load():
		return "events are turned away: the store has to catch up\n"
	}
	return ""
}

// pressure tells how hard the service is pressed.
func (s *Server) pressure() telemetry.Pressure {
	g := s.gate
	p := telemetry.Pressure{
		InFlight: map[string]int{}, Refused: map[string]uint64{}, BodyBytes: g.held.Load(), MemoryLimit: s.memoryLimit,
		DiskFree: s.watchdog.free.Load(), DiskFull: g.full.Load(), StoreBusy: g.busy.Load(),
	}
	for _, l := range g.lanes() {
		p.InFlight[l.name] = int(l.in.Load())
	}
	for reason, n := range g.refused {
		p.Refused[reason] = n.Load()
	}
	return p
}
