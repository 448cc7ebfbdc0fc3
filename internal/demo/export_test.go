package demo

// What the tests of the report and of the data look at.
var (
	NewShop     = newShop
	Quote       = quote
	CommandLine = commandLine
	FoldJSON    = foldJSON
	Records     = records
)

type (
	Shop   = shop
	Person = person
)

func (p *person) Topics() []int { return p.tastes[:] }

func (p *person) Name() string { return p.externalID() }

var (
	People      = (*shop).people
	Readers     = (*shop).readers
	APIEvents   = (*shop).apiEvents
	TagEvents   = (*shop).tagEvents
	Engagements = (*shop).engagements
)
