package index

// cache remembers some things by key. It has two halves: what is used moves to the young one, and when that is full it
// becomes the old one and the old one is dropped.
type cache[K comparable, V any] struct {
	young, old   map[K]V
	size         int         // of a half
	held         int         // by the young half
	weigh        func(V) int // what a value takes; each takes 1 when it is nil
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

// peek is get of somebody who does not use it.
func (c *cache[K, V]) peek(key K) (v V, found bool) {
	if v, found = c.young[key]; !found {
		v, found = c.old[key]
	}
	return v, found
}

func (c *cache[K, V]) put(key K, v V) {
	_, there := c.young[key]
	if c.young == nil || !there && c.held >= c.size {
		c.old, c.young, c.held, there = c.young, map[K]V{}, 0, false
	}
	if !there {
		c.held += c.weightOf(v)
	}
	c.young[key] = v
}

func (c *cache[K, V]) weightOf(v V) int {
	if c.weigh == nil {
		return 1
	}
	return c.weigh(v)
}

// grew says by how much more a value takes than before.
func (c *cache[K, V]) grew(key K, by int) {
	if _, there := c.young[key]; there {
		c.held += by
	}
}

// drop forgets one thing.
func (c *cache[K, V]) drop(key K) {
	if v, there := c.young[key]; there {
		c.held -= c.weightOf(v)
	}
	delete(c.young, key)
	delete(c.old, key)
}

// clear forgets everything.
func (c *cache[K, V]) clear() { c.young, c.old, c.held = nil, nil, 0 }

// len is how many things are remembered, some of them perhaps twice.
func (c *cache[K, V]) len() int { return len(c.young) + len(c.old) }
