package ratelimit

// Remembered is how many counts are kept.
func (l *Limiter) Remembered() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.windows {
		n += len(w.counts)
	}
	return n
}
