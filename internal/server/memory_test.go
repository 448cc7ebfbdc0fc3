package server

import (
	"strings"
	"testing"
)

func TestMemoryIsDividedWhole(t *testing.T) {
	for _, limit := range []int64{LeastMemory, 200 << 20, 512 << 20, 1 << 30, 4 << 30, 64 << 30, 1 << 40} {
		b := divide(limit)
		all := program + b.blocks + 4*b.memTable + 4*b.pending + b.caches + 3*b.bodies + b.population
		if all > limit-limit/20 {
			t.Errorf("of %d bytes %d are given away, which leaves too little for the rest", limit, all)
		}
		for name, n := range map[string]int64{
			"blocks": b.blocks, "memtables": b.memTable, "pending": b.pending, "caches": b.caches, "bodies": b.bodies, "population": b.population,
		} {
			if n < 1<<20 {
				t.Errorf("of %d bytes %s get %d", limit, name, n)
			}
		}
	}
	if divide(0) != divide(usualMemory) {
		t.Error("without a limit something else than the usual memory is divided")
	}
}

func TestParseBytes(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "1024": 1024, "7B": 7, "2kB": 2000, "512MiB": 512 << 20, "3 GiB": 3 << 30, "2GB": 2e9, "1TB": 1e12, "1TiB": 1 << 40,
	} {
		if got, err := ParseBytes("--flag", s); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "x", "-1", "1.5GB", "1 PB", "MiB", "99999999999999999999", "9999999999GiB", "5%"} {
		if got, err := ParseBytes("--flag", s); err == nil || !strings.Contains(err.Error(), "--flag") {
			t.Errorf("%q is %d, %v; want an error that names the flag", s, got, err)
		}
	}
}
