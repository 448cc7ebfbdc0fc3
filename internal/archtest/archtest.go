// Package archtest holds the house rules of the repository as tests: which package may import which, what may not be
// called below the index, how large a file may grow, that links lead somewhere. It has no code besides its tests. Each rule
// is a test of its own, and each is shown a small tree that breaks it, so that no rule can go blind unnoticed.
package archtest
