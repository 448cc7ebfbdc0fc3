package row

import (
	"encoding/binary"
	"math/bits"
)

// maxWidth is how many bits a packed number may have: one that begins anywhere in a byte then fits into eight bytes.
const maxWidth = 56

// packer appends numbers bit by bit, low bits first.
type packer struct {
	dst  []byte
	acc  uint64 // bits that are not written yet
	held uint   // how many, at most seven
}

func (p *packer) put(v uint64, width uint) {
	p.acc |= v << p.held
	for p.held += width; p.held >= 8; p.held -= 8 {
		p.dst = append(p.dst, byte(p.acc))
		p.acc >>= 8
	}
}

// end fills the last byte up with zeros.
func (p *packer) end() []byte {
	if p.held > 0 {
		p.dst = append(p.dst, byte(p.acc))
		p.acc, p.held = 0, 0
	}
	return p.dst
}

// bitsAt reads a number that begins at a bit. It must end inside b.
func bitsAt(b []byte, at, width uint) uint64 {
	if width == 0 {
		return 0
	}
	var v uint64
	if from := at >> 3; from+8 <= uint(len(b)) {
		v = binary.LittleEndian.Uint64(b[from:])
	} else {
		for i, x := range b[from:] {
			v |= uint64(x) << (8 * uint(i))
		}
	}
	return v >> (at & 7) & (1<<width - 1)
}

// packedSize is how many bytes so many numbers take.
func packedSize(n int, width uint) int { return (n*int(width) + 7) / 8 }

// packed says how numbers are packed: each as its difference from the least one.
type packed struct {
	least uint32
	width uint
}

func packedFor(values []uint32) packed {
	if len(values) == 0 {
		return packed{}
	}
	least, most := values[0], values[0]
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	return packed{least, uint(bits.Len32(most - least))}
}
