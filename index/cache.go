package index

// cache remembers some things by key. It has two halves: what is used moves to the young one, and when that is full it
// becomes the old one and the old one is dropped.
type cache[K comparable, V any] struct {
	young, old   map[K]V
	size         int // of a half
	large        int // what entries of the young half take beyond that of usual ones, counted in those
	hits, misses uint64
}

func (c *cache[K, V]) get(key K) (v V, found bool) {
	if v, found = c.young[key]; found {
		c.hits++
		return v, true
	}
	if v, found = c.old[key]; found {
		c.hits++
		c.put(key, v)
		return v, true
	}
	c.misses++
	return v, false
}

func (c *cache[K, V]) put(key K, v V) {
	if _, there := c.young[key]; c.young == nil || !there && len(c.young)+c.large >= c.size {
		c.large, c.old, c.young = 0, c.young, make(map[K]V)
	}
	c.young[key] = v
}

// clear forgets everything.
func (c *cache[K, V]) clear() { c.young, c.old = nil, nil }
