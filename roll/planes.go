package roll

import (
	"encoding/binary"
	"sync"
)

const (
	groupWords = 4 // that a group of numbers takes for each of their bits
	groupSize  = groupWords * wordBits
)

// planes are numbers stored by bit, not by number: of each 256 numbers first the lowest bit of all, as four words, then the next,
// as often as a number has bits. Which of 256 numbers are at least some other is found with four instructions a bit.
type planes struct {
	bytes []byte // words, little-endian
	width int    // of a number in bits, at most 32
}

// planesSize is how many bytes so many numbers take. The last group is filled up.
func planesSize(n, width int) int { return (n + groupSize - 1) / groupSize * width * groupSize / 8 }

// groupBits is a bit for each number of a group, low bits first.
type groupBits [groupWords]uint64

func (b *groupBits) none() bool { return b[0]|b[1]|b[2]|b[3] == 0 }

// group gives one group.
func (p planes) group(i int) planes {
	size := p.width * groupSize / 8
	return planes{p.bytes[i*size:][:size], p.width}
}

// plane gives one bit of all numbers of a group.
func (p planes) plane(i int) groupBits {
	b := (*[groupSize / 8]byte)(p.bytes[i*groupSize/8:])
	return groupBits{
		binary.LittleEndian.Uint64(b[0:]), binary.LittleEndian.Uint64(b[8:]),
		binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:]),
	}
}

// atLeast says which numbers of a group are least or larger. Least does not take more bits than they have.
func (p planes) atLeast(least uint32) groupBits {
	a, b, c, d := ^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)
	for from := p.bytes; len(from) >= groupSize/8; from = from[groupSize/8:] {
		v, w := binary.LittleEndian.Uint64(from[0:8]), binary.LittleEndian.Uint64(from[8:16])
		x, y := binary.LittleEndian.Uint64(from[16:24]), binary.LittleEndian.Uint64(from[24:32])
		if least&1 == 1 {
			a, b, c, d = a&v, b&w, c&x, d&y
		} else {
			a, b, c, d = a|v, b|w, c|x, d|y
		}
		least >>= 1
	}
	return groupBits{a, b, c, d}
}

// smallest is the smallest number of a group among some, who are not none.
func (p planes) smallest(among groupBits) (least uint32) {
	for i := p.width - 1; i >= 0; i-- {
		v := p.plane(i)
		for j := range v {
			v[j] = among[j] &^ v[j]
		}
		if v.none() {
			least |= 1 << i
		} else {
			among = v
		}
	}
	return least
}

// numbers reads the numbers of a group: of each 64, the first 32 into the lower halves of words and the others into the upper.
func (p planes) numbers(into *[groupWords][32]uint64) {
	*into = [groupWords][32]uint64{}
	for i := range p.width {
		for j, w := range p.plane(i) {
			into[j][i] = w
		}
	}
	for j := range into {
		transpose(&into[j])
	}
}

// appendPlanes appends a group, whose numbers stand as in what numbers gives. It changes them.
func appendPlanes(dst []byte, numbers *[groupWords][32]uint64, width int) []byte {
	for j := range numbers {
		transpose(&numbers[j])
	}
	for i := range width {
		for j := range numbers {
			dst = binary.LittleEndian.AppendUint64(dst, numbers[j][i])
		}
	}
	return dst
}

// transpose turns two squares of 32 by 32 bits round, which stand side by side: bit i of word j is then bit j of word i.
func transpose(a *[32]uint64) {
	mask := uint64(0x0000ffff0000ffff)
	for size := 16; size > 0; size >>= 1 {
		for i := 0; i < 32; i = (i + size + 1) &^ size {
			t := (a[i]>>size ^ a[i+size]) & mask
			a[i] ^= t << size
			a[i+size] ^= t
		}
		mask ^= mask << (size / 2)
	}
}

// deposits has, for each byte that says where, the byte whose low bits are put there.
var deposits = sync.OnceValue(func() *[256][256]byte {
	var table [256][256]byte
	for where := range 256 {
		for what := range 256 {
			from := what
			for left := where; left != 0; left &= left - 1 {
				if from&1 == 1 {
					table[where][what] |= byte(left & -left)
				}
				from >>= 1
			}
		}
	}
	return &table
})

// deposit puts the low bits of what, one after another, to where bits are set. There is an instruction for it, which Go does not
// give.
func deposit(table *[256][256]byte, what, where uint64) uint64 {
	const ones = 0x0101010101010101
	counts := where - where>>1&(0x55*ones) // of two bits, of four, of eight
	counts = counts&(0x33*ones) + counts>>2&(0x33*ones)
	counts = (counts + counts>>4) & (0x0f * ones)
	before := counts * ones << 8 // how many bits are set in the bytes before each, so that none waits for another
	return uint64(table[uint8(where)][uint8(what)]) |
		uint64(table[uint8(where>>8)][uint8(what>>(before>>8&63))])<<8 |
		uint64(table[uint8(where>>16)][uint8(what>>(before>>16&63))])<<16 |
		uint64(table[uint8(where>>24)][uint8(what>>(before>>24&63))])<<24 |
		uint64(table[uint8(where>>32)][uint8(what>>(before>>32&63))])<<32 |
		uint64(table[uint8(where>>40)][uint8(what>>(before>>40&63))])<<40 |
		uint64(table[uint8(where>>48)][uint8(what>>(before>>48&63))])<<48 |
		uint64(table[uint8(where>>56)][uint8(what>>(before>>56&63))])<<56
}
