package roll

import (
	"math"

	"github.com/parterre/parterre"
)

// Count counts the members of a block: the persons of added whose stamp is since or later, and larger than their stamp in
// removed. Oldest is the smallest stamp among the members, so nothing changes until since passes it; 0 when there are none.
// A since of 0 takes everybody, whenever they were added.
func Count(added, removed Chunk, since parterre.Stamp) (members int, oldest parterre.Stamp) {
	oldest = math.MaxUint32
	left := cursor{c: removed}
	for i, s := range added.stamps {
		// From most rolls nobody is ever removed, and then asking costs more than counting.
		if s >= since && (removed.Len() == 0 || s > left.stamp(added.lows[i])) {
			members++
			oldest = min(oldest, s)
		}
	}
	if members == 0 {
		return 0, 0
	}
	return members, oldest
}

// Members yields the persons whom [Count] counts, in ascending order.
func Members(added, removed Chunk, since parterre.Stamp, yield func(low uint16)) {
	left := cursor{c: removed}
	for i, s := range added.stamps {
		if low := added.lows[i]; s >= since && s > left.stamp(low) {
			yield(low)
		}
	}
}

// cursor finds the stamps of persons who are asked for in ascending order.
type cursor struct {
	c Chunk
	i int // nobody before it is asked for again
}

func (k *cursor) stamp(low uint16) parterre.Stamp {
	for k.i < len(k.c.lows) && k.c.lows[k.i] < low {
		k.i++
	}
	if k.i == len(k.c.lows) || k.c.lows[k.i] != low {
		return 0
	}
	return k.c.stamps[k.i]
}
