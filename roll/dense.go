package roll

import (
	"math"
	"sync"

	"github.com/parterre/parterre"
)

// stretch is how many neighbours share a mark in a dense block.
const stretch = 64

// dense is a block with a place for every person's stamp. What was touched is marked, so that few persons cost little.
type dense struct {
	stamps  [BlockSize]parterre.Stamp
	touched [BlockSize / stretch]bool // stretches that may have stamps
}

// denses keeps blocks that are not used: they are large, and emptying one costs less than a new one.
var denses = sync.Pool{New: func() any { return new(dense) }}

// newDense gives an empty block, which is to be freed.
func newDense() *dense { return denses.Get().(*dense) }

// free gives the block back. Nobody uses it afterwards.
func (d *dense) free() {
	for i, touched := range d.touched {
		if touched {
			clear(d.stamps[i*stretch : (i+1)*stretch])
			d.touched[i] = false
		}
	}
	denses.Put(d)
}

// add is without a branch, because which stamp is larger cannot be guessed.
func (d *dense) add(c Chunk) {
	stamps := c.stamps[:len(c.lows)]
	for i, low := range c.lows {
		d.stamps[low] = max(d.stamps[low], stamps[i])
		d.touched[low/stretch] = true
	}
}

func (d *dense) addPerson(low uint16, s parterre.Stamp) {
	d.stamps[low] = max(d.stamps[low], s)
	d.touched[low/stretch] = true
}

func (d *dense) merge(other *dense) {
	for i, touched := range other.touched {
		if !touched {
			continue
		}
		d.touched[i] = true
		to, from := d.stamps[i*stretch:(i+1)*stretch], other.stamps[i*stretch:(i+1)*stretch]
		for j, s := range from {
			to[j] = max(to[j], s)
		}
	}
}

func (d *dense) chunk() Chunk {
	n := 0
	for i, touched := range d.touched {
		if touched {
			for _, s := range d.stamps[i*stretch : (i+1)*stretch] {
				n += present(s)
			}
		}
	}
	// Every place is written, and counts only if there is a stamp; so there is room for one more.
	lows, stamps := make([]uint16, n+1), make([]parterre.Stamp, n+1)
	n = 0
	for i, touched := range d.touched {
		if !touched {
			continue
		}
		for j, s := range d.stamps[i*stretch : (i+1)*stretch] {
			lows[n], stamps[n] = uint16(i*stretch+j), s
			n += present(s)
		}
	}
	return Chunk{lows[:n], stamps[:n]}
}

// present is 1, or 0 for the stamp that means never, without a branch.
func present(s parterre.Stamp) int { return int((uint64(s) + math.MaxUint32) >> 32) }
