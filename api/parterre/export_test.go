package parterre

// The two readers of a list of persons, for tests.
var (
	PlainPersons = plainPersons
	NamedPersons = namedPersons
)
