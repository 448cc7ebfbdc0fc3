// Package driver is the contract between the index and a store of identifiers, facets and rolls. Users of the index never
// see it; a backend implements it and proves itself with package indextest. What every backend would write the same way
// (numbering persons, matching facets, evaluating rules, windows) is written once, above it, in package index.
package driver

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/roll"
	"github.com/parterre/parterre/row"
)

// ErrCorrupt is in the chain of an error about stored bytes that are not what was written.
var ErrCorrupt = errors.New("stored data are corrupt")

// RollKind tells what a roll holds. The numbers are part of the format on disk: never reuse one.
type RollKind uint8

// The kinds of rolls, with what their two numbers mean.
const (
	FacetRoll     RollKind = 1 // a facet's persons: A is the facet's number
	AudienceRoll  RollKind = 2 // an audience's persons: A is the audience's id, B the version of its rule
	ListAdded     RollKind = 3 // persons added to a customer list: A is the list's id; stamps are batch numbers
	ListRemoved   RollKind = 4 // persons removed from a customer list, likewise
	CountryJoined RollKind = 5 // persons who were said to live in a country: A is the country; stamps are revisions of the person
	CountryLeft   RollKind = 6 // persons who were then said to live elsewhere, likewise
	PageRoll      RollKind = 9 // a facet's persons on one page: A is the page's number ‖ the facet's number

	AttributeJoined RollKind = 7 // persons of whom an attribute was said: A is the number of its facet; stamps are revisions of the person
	AttributeLeft   RollKind = 8 // persons of whom it was then said to be otherwise, likewise

	// The rolls below are of something else than persons; it is numbered in the same way.
	TagFirst    RollKind = 20 // the types of events that a conversion tag saw: A is the tag's id; stamps count back from the end of time
	TagLast     RollKind = 21 // the same types; stamps are when it saw one last
	EventCount  RollKind = 22 // a sketch of an ad account's events: A is the ad account, a block is a day; stamps are ranks
	EventSample RollKind = 23 // a sample of an ad account's events: A is the ad account, B the platform ‖ the ingestion source
)

// OnPage is the roll of a facet's persons on one page.
func OnPage(page PageID, facet FacetID) RollID {
	return RollID{Kind: PageRoll, A: uint64(page)<<32 | uint64(facet)}
}

// RollID names a roll.
type RollID struct {
	Kind RollKind
	A    uint64
	B    uint32
}

// PageAndFacet is the page and the facet of a roll on a page.
func (id RollID) PageAndFacet() (PageID, FacetID) { return PageID(id.A >> 32), FacetID(id.A) }

// Span are the numbers from Least to Most.
type Span struct{ Least, Most uint64 }

// InSpan says whether a number is in one of the spans, which ascend.
func InSpan(spans []Span, n uint64) bool {
	i, found := slices.BinarySearchFunc(spans, n, func(s Span, n uint64) int { return cmp.Compare(s.Least, n) })
	return found || i > 0 && n <= spans[i-1].Most
}

// Blocks are the blocks of persons from the first to the last.
type Blocks struct{ First, Last uint16 }

// All are all blocks.
func All() Blocks { return Blocks{0, math.MaxUint16} }

// Has says whether a block is one of them.
func (b Blocks) Has(block uint16) bool { return b.First <= block && block <= b.Last }

// Union says which rolls are united, and in which blocks: the rolls of facets or those of pages, as Kind says, whose A is in one
// of the spans, and which Keep wants. The spans ascend and do not touch.
type Union struct {
	Kind   RollKind
	Spans  []Span
	Keep   func(a uint64) bool
	Blocks Blocks
}

// FacetID numbers a facet. Numbers start at 1; 0 is no facet.
type FacetID uint32

// FacetKey finds a facet's number: the ad account whose facet it is, and the digest of its body.
type FacetKey struct {
	Account parterre.ID
	Digest  [16]byte
}

// PageID numbers a page: a URL in an ad account. Numbers start at 1; 0 is no page.
type PageID uint32

// PageKey finds a page's number: the ad account, and the digest of the URL.
type PageKey struct {
	Account parterre.ID
	Digest  [16]byte
}

// Page is a page as it is stored.
type Page struct {
	Key PageKey
	ID  PageID
	URL string
}

// Facet is a facet as it is stored.
type Facet struct {
	Key  FacetKey
	ID   FacetID
	Body []byte // in the encoding of package index; a driver does not look inside
}

// Binding says that an identifier points at a person.
type Binding struct {
	Identifier parterre.Identifier
	Person     parterre.PersonID
}

// Person is what the index keeps of a person beside the identifiers.
type Person struct {
	ID   parterre.PersonID
	Body []byte // in the encoding of package index; a driver does not look inside
}

// Merge adds a chunk to one block of a roll: a person's stamp becomes the larger of the stored one and the chunk's.
type Merge struct {
	Roll  RollID
	Block uint16
	Chunk roll.Chunk
}

// Act says that somebody was in a facet on a page: it merges them into the roll of the facet and that of the facet on the page,
// and the cell into their history.
type Act struct {
	Page   PageID
	Facet  FacetID
	Person parterre.PersonID
	Stamp  parterre.Stamp
}

// Move says that a person's stamp in a roll is at least so large: a merge of one person. Rolls of facets and pages move by
// acts.
type Move struct {
	Roll   RollID
	Person parterre.PersonID
	Stamp  parterre.Stamp
}

// Row is an event of a facet that has data.
type Row struct {
	Facet FacetID
	row.Row
}

// YieldRow takes a row, of which the data are known.
type YieldRow func(person parterre.PersonID, stamp parterre.Stamp, page uint32)

// Tops are the highest numbers given out so far, and the number of the store itself.
type Tops struct {
	Person parterre.PersonID
	Facet  FacetID
	Page   PageID
	Store  uint32 // tells this store from others; 0 until it was given
}

// Writes is one atomic change of the store. Bindings, people and facets replace what is stored under the same name.
// Drops are carried out before merges, moves and acts. Rolls of pages, and histories, are neither merged into nor dropped: they
// follow from acts alone. In a facet whose roll was dropped nobody acts any more. A facet that goes is one that is stored, with its number; it is not in Facets.
type Writes struct {
	Tops     Tops // fields that are zero stay as they are
	Bindings []Binding
	People   []Person
	Facets   []Facet
	Going    []Facet // facets that are deleted, with their rows; their bodies are not looked at, their rolls stay, and lines of histories
	Pages    []Page
	Drops    []RollID
	Merges   []Merge
	Moves    []Move // in any order, with repetition
	Acts     []Act  // in any order, with repetition
	Rows     []Row  // a row may come back more often than it was written, but not never
}

// Driver stores identifiers, facets and rolls. All methods may be called concurrently, except that Apply is called by one
// goroutine at a time and Close once, after every other call has returned. A driver leaves its arguments unchanged and
// does not keep them, but for the URLs and data of events, which are strings; what it returns is the caller's own, but for
// what ScanFacets and ScanPages yield, which is valid during the call alone. When yield returns an error, the scan ends with that error.
type Driver interface {
	// Tops gives the highest numbers stored, zero where there are none.
	Tops(ctx context.Context) (Tops, error)

	// Persons finds the person of each identifier, in the order given; 0 where the identifier is not bound.
	Persons(ctx context.Context, ids []parterre.Identifier) ([]parterre.PersonID, error)

	// People gives the stored body of each person, in the order given; nil where nothing is stored.
	People(ctx context.Context, persons []parterre.PersonID) ([][]byte, error)

	// Facets finds the number of each facet, in the order given; 0 where it is not stored.
	Facets(ctx context.Context, keys []FacetKey) ([]FacetID, error)

	// Facet gives a facet's ad account and body by its number; the body is nil where it is not stored.
	Facet(ctx context.Context, id FacetID) (account parterre.ID, body []byte, err error)

	// ScanFacets yields the facets of an ad account in ascending order of their numbers.
	ScanFacets(ctx context.Context, account parterre.ID, yield func(id FacetID, body []byte) error) error

	// Pages finds the number of each page, in the order given; 0 where it is not stored.
	Pages(ctx context.Context, keys []PageKey) ([]PageID, error)

	// URL gives the URL of a page of an ad account by its number, and whether it is stored.
	URL(ctx context.Context, account parterre.ID, id PageID) (url string, found bool, err error)

	// ScanPages yields the pages of an ad account in ascending order of their numbers, those after a number.
	ScanPages(ctx context.Context, account parterre.ID, after PageID, yield func(id PageID, url []byte) error) error

	// Unite adds the persons of some rolls to a crowd.
	Unite(ctx context.Context, u Union, into *roll.Crowd) error

	// History yields the cells that a person was in with the last moment of each, in any order. A cell may come again with
	// a smaller stamp.
	History(ctx context.Context, p parterre.PersonID, yield func(history.Cell, parterre.Stamp)) error

	// Last adds everybody in some blocks to a crowd whose last moment in a wanted cell counts.
	Last(ctx context.Context, blocks Blocks, want *history.Want, into *roll.Crowd) error

	// Across yields one block of the roll of every audience, in any order, without those that have nobody there.
	Across(ctx context.Context, block uint16, yield func(id RollID, c roll.Chunk) error) error

	// Rows yields the rows of facets that have every field of want, and for every item of want an item with all its
	// fields. It shares them out among the yields, of which there is one at least, in any way and any order: each is called
	// by one goroutine at a time, and several may be called at the same time.
	Rows(ctx context.Context, facets []FacetID, want parterre.EventData, yields []YieldRow) error

	// Chunks yields the chunks of a roll in ascending order of their blocks; a block without persons is left out. A
	// roll that was never written has no chunks.
	Chunks(ctx context.Context, id RollID, yield func(block uint16, c roll.Chunk) error) error

	// Chunk reads one block of a roll; the chunk is empty when the block has no persons.
	Chunk(ctx context.Context, id RollID, block uint16) (roll.Chunk, error)

	// Apply makes all of w visible, or none of it and returns an error. After it returns, every read sees w. When
	// durable returns nil, w survives a crash; durable is called once, by any goroutine, and may run while other
	// calls of Apply do.
	Apply(ctx context.Context, w *Writes) (durable func() error, err error)

	// Close releases the store.
	Close() error
}
