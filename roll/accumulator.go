package roll

import "github.com/parterre/parterre"

// Accumulator unites many chunks of many blocks cheaply. A block costs memory in proportion to what was added to it, up to
// the size of a dense block (4 bytes a number). The zero Accumulator is ready for use. It is not safe for concurrent use.
type Accumulator struct {
	blocks []*union // by block, nil where nothing was added
	room   []Pair   // for what is being decoded, used again
}

// Add merges a chunk into a block.
func (a *Accumulator) Add(block uint16, c Chunk) {
	if c.Len() > 0 {
		a.block(block).add(c)
	}
}

// AddPerson merges one person and their stamp. A stamp of 0 adds nothing.
func (a *Accumulator) AddPerson(p parterre.PersonID, s parterre.Stamp) {
	if s != 0 {
		a.block(Block(p)).addPerson(Low(p), s)
	}
}

// Chunks yields what was added, in ascending order of the blocks, without blocks that are empty. When yield returns an
// error, Chunks ends with that error. The accumulator stays as it is, and more may be added afterwards.
func (a *Accumulator) Chunks(yield func(block uint16, c Chunk) error) error {
	for block, u := range a.blocks {
		if u == nil {
			continue
		}
		if err := yield(uint16(block), u.chunk()); err != nil {
			return err
		}
	}
	return nil
}

// Reset empties the accumulator, and keeps its memory for others. Chunks that it gave stay as they are.
func (a *Accumulator) Reset() {
	for _, u := range a.blocks {
		if u != nil && u.dense != nil {
			u.dense.free()
		}
	}
	a.blocks = a.blocks[:0]
}

func (a *Accumulator) block(block uint16) *union {
	if grow := int(block) + 1 - len(a.blocks); grow > 0 {
		a.blocks = append(a.blocks, make([]*union, grow)...)
	}
	u := a.blocks[block]
	if u == nil {
		u = new(union)
		a.blocks[block] = u
	}
	return u
}

// union is one block of an accumulator: some chunk that was added and a few pairs beside it, or a dense block once
// there are more than a few.
type union struct {
	largest Chunk
	pairs   []pair
	dense   *dense // when not nil, it holds everything
}

func (u *union) add(c Chunk) {
	if u.dense != nil {
		u.dense.add(c)
		return
	}
	if c.Len() > u.largest.Len() {
		c, u.largest = u.largest, c
	}
	if len(u.pairs)+c.Len() > sparse {
		u.spill()
		u.dense.add(c)
		return
	}
	for i, low := range c.lows {
		u.pairs = append(u.pairs, pairOf(low, c.stamps[i]))
	}
}

func (u *union) addPerson(low uint16, s parterre.Stamp) {
	if u.dense == nil && len(u.pairs) == sparse {
		u.spill()
	}
	if u.dense != nil {
		u.dense.addPerson(low, s)
		return
	}
	u.pairs = append(u.pairs, pairOf(low, s))
}

// spill goes over to a dense block.
func (u *union) spill() {
	u.dense = u.asDense()
	u.largest, u.pairs = Chunk{}, nil
}

// asDense puts what a block holds that is not dense into a dense one, which is to be freed.
func (u *union) asDense() *dense {
	d := newDense()
	d.add(u.largest)
	for _, p := range u.pairs {
		d.addPerson(p.low(), p.stamp())
	}
	return d
}

func (u *union) chunk() Chunk {
	switch {
	case u.dense != nil:
		return u.dense.chunk()
	case len(u.pairs) == 0:
		return u.largest
	case len(u.pairs) <= stretch: // sorting them costs less
		return Merge(u.largest, ofPairs(u.pairs))
	}
	d := u.asDense()
	defer d.free()
	return d.chunk()
}
