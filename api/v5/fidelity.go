package v5

// Basis says what an operation's behaviour rests on.
type Basis string

// The bases, the firmest first.
const (
	Contract Basis = "contract" // written in the published description of the API
	Recorded Basis = "recorded" // seen in answers of the real service
	Inferred Basis = "inferred" // neither says so; what its users would expect
	Differs  Basis = "differs"  // known to be otherwise at the real service, on purpose
)

// Bases are all the bases, in the order in which they are told.
var Bases = []Basis{Contract, Recorded, Inferred, Differs}

// Note is one thing that holds, and what it rests on.
type Note struct {
	Basis Basis
	Text  string
}

// Fidelity tells of an operation how near it is to the real service.
type Fidelity struct {
	Operation string // Everywhere for what holds of all
	Notes     []Note
}

// Everywhere stands in a ledger for what holds of all operations.
const Everywhere = "everywhere"
