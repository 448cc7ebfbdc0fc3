package audiences

import (
	"cmp"
	"context"
	"maps"
	"sync"

	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// sizes remembers how many members audiences and customer lists have, until that changes.
type sizes struct {
	many int // manyMembers when 0
	mu   sync.Mutex
	of   map[index.Membership]size
}

// A size of manyMembers or more is served for a while, in seconds, though it may have changed: else whoever lists many large
// audiences while events come in would have the cores count all the time.
const (
	manyMembers = 1_000_000
	whileMany   = 60
)

type size struct {
	revision uint64
	members  int
	from     int64 // the size holds from this moment
	until    int64 // to this one, unless the revision changes
}

// count is how many members there are at the moment.
func (z *sizes) count(ctx context.Context, ix *index.Index, m index.Membership, at int64) (int, error) {
	z.mu.Lock()
	known, ok := z.of[m]
	many := cmp.Or(z.many, manyMembers)
	z.mu.Unlock()
	revision := ix.Revision(m) // before counting: what changes meanwhile makes the answer old
	if ok && known.revision == revision && known.from <= at && at <= known.until {
		return known.members, nil
	}
	if ok && known.members >= many && known.from <= at && at < known.from+whileMany {
		return known.members, nil
	}
	n, until, err := ix.Count(ctx, m, at)
	if err != nil {
		return 0, err
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.of == nil {
		z.of = map[index.Membership]size{}
	}
	z.of[m] = size{revision, n, at, until}
	return n, nil
}

// forget drops what is known of a roll that is no more.
func (z *sizes) forget(roll driver.RollID) {
	z.mu.Lock()
	defer z.mu.Unlock()
	maps.DeleteFunc(z.of, func(m index.Membership, _ size) bool { return m.Added == roll })
}
