package catalog

// MostFresh is how many tokens may be kept in memory, for tests.
const MostFresh = mostFresh

// Fresh is how many tokens are kept in memory, for tests.
func (c *Catalog) Fresh() int { return len(c.fresh.tokens) }
