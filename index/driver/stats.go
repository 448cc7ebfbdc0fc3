package driver

// Stats is what a store tells of itself, as it is at one moment. Counters count from when the store was opened; what a store
// does not have is 0.
type Stats struct {
	DiskBytes         int64  // of all files
	LogBytes          int64  // of these, of the write-ahead log
	MemTableBytes     int64  // memory with writes that are in no table yet
	PendingBytes      int64  // memory with moves and rows that are not written out yet
	CacheBytes        int64  // memory with blocks that were read
	CacheHits         uint64 // blocks that were found there,
	CacheMisses       uint64 // and those that were read for it
	CompactionDebt    int64  // bytes that have to be rewritten until the store is in order
	Compactions       uint64
	FailedCompactions uint64
	BackgroundErrors  uint64 // of work that nobody waits for, and that is tried again
	Stalls            uint64 // how often writes have waited for the store to catch up
	Syncs             Durations
}

// Durations say how long something took.
type Durations struct {
	Count   uint64
	Seconds float64            // all together
	Within  map[float64]uint64 // how many took at most so many seconds
}

// Measured is a driver that tells of itself. The methods may be called concurrently with all others but Close.
type Measured interface {
	Stats() Stats

	// Usage says how many bytes on the disk hold what, about: by name, such as rolls.
	Usage() (map[string]int64, error)
}
