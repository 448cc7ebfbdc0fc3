// Package driver is the contract between the catalogue and a store of rows. Users of the catalogue never see it; a backend
// implements it and proves itself with package catalogtest. What every backend would write the same way (records as
// JSON, paging, versions, jobs, audit) is written once, above it, in package catalog.
package driver

import (
	"context"
	"errors"

	"github.com/parterre/parterre"
)

// ErrNotFound is in the chain of the error for a row that is not there.
var ErrNotFound = errors.New("no such row")

// ErrExists is in the chain of the error for a row whose key another row of the table has.
var ErrExists = errors.New("another row has this key")

// Table names a table. The set is closed: a backend may prepare storage for each of Tables.
type Table string

// The tables of the catalogue.
const (
	AdAccounts       Table = "ad_accounts"
	Tokens           Table = "tokens"
	Roles            Table = "roles"
	Audiences        Table = "audiences"
	RemovedAudiences Table = "removed_audiences"
	AudienceVersions Table = "audience_versions"
	CustomerLists    Table = "customer_lists"
	ListBatches      Table = "list_batches"
	ConversionTags   Table = "conversion_tags"
	Jobs             Table = "jobs"
	Audit            Table = "audit"
	Settings         Table = "settings"
	Businesses       Table = "businesses"
	Apps             Table = "apps"
	Grants           Table = "grants" // what users consented to: codes and refresh tokens
	Uploads          Table = "uploads"
	Shares           Table = "shares" // of audiences, with ad accounts and businesses
)

// Tables are all the tables.
var Tables = []Table{
	AdAccounts, Tokens, Roles, Audiences, RemovedAudiences, AudienceVersions, CustomerLists, ListBatches, ConversionTags,
	Jobs, Audit, Settings, Businesses, Apps, Grants, Uploads, Shares,
}

// Row is one record of a table.
type Row struct {
	ID    parterre.ID // unique in the table, above 0
	Owner parterre.ID // what the row belongs to (an ad account, an audience), 0 for nothing; rows are listed by it
	Key   string      // a second name, unique in the table unless empty; compared byte by byte
	Body  []byte      // not looked into
}

// Range selects the rows that List gives.
type Range struct {
	Owner      parterre.ID
	After      parterre.ID // the row before the first one, in the order of the listing; 0 to begin
	Descending bool
	Limit      int // how many at the most, above 0
}

// Reader reads rows as one consistent state. Rows are the caller's own.
type Reader interface {
	// Row reads the row with that id, or fails with ErrNotFound.
	Row(ctx context.Context, t Table, id parterre.ID) (Row, error)

	// ByKey reads the row with that key, which is not empty, or fails with ErrNotFound.
	ByKey(ctx context.Context, t Table, key string) (Row, error)

	// List reads the rows that r selects, in the order of their ids. No rows is not an error.
	List(ctx context.Context, t Table, r Range) ([]Row, error)
}

// Tx reads and changes rows. It sees its own changes.
type Tx interface {
	Reader

	// Next gives an id that no row of the table has had, above every id given before; the first is first. An id that
	// a failed transaction took may be given again.
	Next(ctx context.Context, t Table, first parterre.ID) (parterre.ID, error)

	// Put writes a row: a new one, or in place of the one with the same id. It fails with ErrExists, and the
	// transaction with it, when a row with another id has the same key.
	Put(ctx context.Context, t Table, row Row) error

	// Delete removes the row with that id; that there is none is not an error.
	Delete(ctx context.Context, t Table, id parterre.ID) error
}

// Driver stores rows. View and Update may be called concurrently; updates take effect one after another. A driver does not
// keep what it is given. Close is called once, after every other call has returned.
type Driver interface {
	// View calls f with a reader that is valid during the call, and returns what f returns.
	View(ctx context.Context, f func(Reader) error) error

	// Update calls f, once, with a transaction that is valid during the call. When f returns nil its changes are
	// visible and durable, all of them, before Update returns nil; when f or the store fails, nothing has changed.
	Update(ctx context.Context, f func(Tx) error) error

	// Close releases the store.
	Close() error
}
