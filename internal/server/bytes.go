package server

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// units are those of sizes, in bytes.
var units = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"kB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
	{"", 1},
}

// ParseBytes reads a size, such as 512MiB, 2GB or a number of bytes. Flag is named when it is refused.
func ParseBytes(flag, s string) (int64, error) {
	for _, u := range units {
		digits, is := strings.CutSuffix(strings.TrimSpace(s), u.name)
		if !is {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/u.bytes {
			break
		}
		return n * u.bytes, nil
	}
	return 0, fmt.Errorf("%s %q must be a size: a whole number with a unit such as 512MiB, 2GB, or none for bytes", flag, s)
}
