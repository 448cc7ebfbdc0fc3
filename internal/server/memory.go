package server

import (
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// LeastMemory is the smallest limit of memory that the service can keep.
	LeastMemory = 128 << 20

	// program is what the process takes whatever it does: its code, the catalogue's database, connections at rest.
	program = 48 << 20

	// usualMemory is divided when there is no limit, and where nobody knows how much memory there is.
	usualMemory = 1 << 30
)

// budget says how the memory of a service is divided. This is the one place where that is decided; every size is in bytes.
type budget struct {
	blocks     int64 // blocks of the index that were read
	memTable   int64 // one memtable, of which there are at most four
	pending    int64 // moves and rows that are not written out, at most four times
	caches     int64 // of the index: identifiers, pages, facets, cells, holdings
	bodies     int64 // request bodies; what is made of them while they are worked on takes twice as much again
	population int64 // the population of look-alikes, between evaluations
}

// The largest sizes that are of use: what is in memtables and pending is read back from the log at the next start.
const (
	mostMemTable = 32 << 20
	mostPending  = 64 << 20
	mostCaches   = 2 << 30
	mostBodies   = 256 << 20
)

// unwritten is how much there is at most that must still be written to tables, in bytes.
func (b budget) unwritten() int64 { return 4 * (b.memTable + b.pending) }

// divide divides a limit: the usual one when it is 0. A tenth is left for the evaluation of audiences, and for garbage.
func divide(limit int64) budget {
	if limit == 0 {
		limit = usualMemory
	}
	rest := max(limit, LeastMemory) - program
	share := func(percent int64) int64 { return rest / 100 * percent }
	return budget{
		blocks:     share(20),
		memTable:   min(share(12)/4, mostMemTable),
		pending:    min(share(16)/4, mostPending),
		caches:     min(share(15), mostCaches),
		bodies:     min(share(12)/3, mostBodies),
		population: share(15),
	}
}

// MemoryLimit is the limit that the process should keep: what was asked for; when that is 0, what GOMEMLIMIT says, or else half
// of what the machine has, or its control group. 0 comes back where nobody knows.
func MemoryLimit(asked int64) int64 {
	if asked > 0 {
		return asked
	}
	if set := debug.SetMemoryLimit(-1); set != math.MaxInt64 {
		return max(set, LeastMemory)
	}
	have := machineMemory()
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if group := numberIn(name); group > 0 && (have == 0 || group < have) {
			have = group
		}
	}
	if have == 0 {
		return 0
	}
	return max(have/2, LeastMemory)
}

// KeepMemory has the runtime collect garbage in time for the limit, which holds for the whole process. It leaves a GOMEMLIMIT
// alone that is lower.
func KeepMemory(limit int64) {
	if goes := limit - program/2; limit > 0 && goes < debug.SetMemoryLimit(-1) {
		debug.SetMemoryLimit(goes)
	}
}

// machineMemory is how much memory the machine has, 0 when that is not known.
func machineMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, is := strings.CutPrefix(line, "MemTotal:"); is {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil && kib < math.MaxInt64>>10 {
				return kib << 10
			}
		}
	}
	return 0
}

// numberIn reads a number from a file, 0 when there is none.
func numberIn(name string) int64 {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n < 0 || n >= 1<<62 { // control groups without a limit say a word, or a number that means none
		return 0
	}
	return n
}
