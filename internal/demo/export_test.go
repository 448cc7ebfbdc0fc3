package demo

// What the tests of the report and of the data look at.
var (
	NewShop     = newShop
	Table       = table
	Thousands   = thousands
	Short       = short
	Quote       = quote
	CommandLine = commandLine
	FoldJSON    = foldJSON
	Records     = records
	NewProgress = newProgress
)

type (
	Shop   = shop
	Person = person
	Column = column
)

func NewColumn(name string, right bool) Column { return column{name, right} }

func (p *progress) Add(n int) { p.add(n) }

func (p *person) Topics() []int { return p.tastes[:] }

func (p *person) Name() string { return p.externalID() }

var (
	People      = (*shop).people
	Readers     = (*shop).readers
	APIEvents   = (*shop).apiEvents
	TagEvents   = (*shop).tagEvents
	Engagements = (*shop).engagements
)
