// Package parterre is the vocabulary of the audience service: the nouns that every other package speaks of, what makes
// each of them valid, and the errors that tell a caller what was wrong. It does no I/O and imports the standard library
// alone.
//
// The words are those of the Pinterest API v5 where the API has a word (audience, rule, conversion tag, customer list), and
// Parterre's own where the engine needs more:
//
//   - a person is a member of the platform's population and has a dense number, [PersonID];
//   - an identifier points at a person, [Identifier];
//   - a facet is one distinct combination of an event's attributes, without the person and the moment, [Facet];
//   - a stamp is the moment somebody last qualified, [Stamp].
package parterre
