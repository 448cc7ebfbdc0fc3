// Package actalike finds the persons who act most like a seed. What people do on the platform by themselves, the items
// that they engage with, is the only thing it looks at.
//
// A [Model] is learnt from a whole population: spectral factors of its items, and trees that were taught, by hiding items of
// the population, how far to trust each of several scores. [Bayes] needs nothing but the seed, and ranks where a population
// is too small or too thin to learn from. docs/actalike.md has the formulas, their sources and what was measured.
//
// Everything is deterministic: equal input gives equal results on one architecture, however many processors there are.
package actalike
