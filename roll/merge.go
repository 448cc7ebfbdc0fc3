package roll

import "github.com/parterre/parterre"

// sparse is the number of persons up to which sorting pairs costs less than filling a dense block.
const sparse = 1 << 12

// Merge makes the chunk that has every person of the given chunks, with the largest of their stamps. The order of the
// arguments does not matter, nor does merging some of them twice.
func Merge(chunks ...Chunk) Chunk {
	var full []Chunk
	total, largest := 0, 0
	for _, c := range chunks {
		if c.Len() == 0 {
			continue
		}
		total += c.Len()
		full = append(full, c)
		if c.Len() > full[largest].Len() {
			largest = len(full) - 1
		}
	}
	switch {
	case len(full) == 0:
		return Chunk{}
	case len(full) == 1:
		return full[0]
	case len(full) == 2:
		return mergeTwo(full[0], full[1])
	case total-full[largest].Len() > sparse:
		return mergeDense(full)
	}
	// Mostly one large chunk and a trail of small ones: what a store merges after a batch of events.
	pairs := make([]pair, 0, total-full[largest].Len())
	for i, c := range full {
		if i == largest {
			continue
		}
		for j, low := range c.lows {
			pairs = append(pairs, pairOf(low, c.stamps[j]))
		}
	}
	return mergeTwo(full[largest], ofPairs(pairs))
}

func mergeTwo(a, b Chunk) Chunk {
	n := min(a.Len()+b.Len(), BlockSize)
	lows, stamps := make([]uint16, n), make([]parterre.Stamp, n)
	n = 0
	i, j := 0, 0
	for i < len(a.lows) && j < len(b.lows) {
		x, y := a.lows[i], b.lows[j]
		s := a.stamps[i]
		if x > y || x == y && b.stamps[j] > s {
			s = b.stamps[j]
		}
		lows[n], stamps[n] = min(x, y), s
		n++
		if x <= y {
			i++
		}
		if y <= x {
			j++
		}
	}
	copy(stamps[n:], a.stamps[i:])
	n += copy(lows[n:], a.lows[i:])
	copy(stamps[n:], b.stamps[j:])
	n += copy(lows[n:], b.lows[j:])
	return Chunk{lows[:n], stamps[:n]}
}

func mergeDense(chunks []Chunk) Chunk {
	d := newDense()
	defer d.free()
	for _, c := range chunks {
		d.add(c)
	}
	return d.chunk()
}
