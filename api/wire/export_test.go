package wire

// Catalogue is the catalogue of errors, for the page that is made from it.
var Catalogue = kinds

// The parts of an entry that the page shows.
func (k kind) Parts() (status, number int, when, source, example string) {
	return k.status, k.number, k.when, string(k.source), k.example
}
