// Package ratelimit knows how often callers may ask: the categories of operations, what each allows, and who has used how
// much of it.
package ratelimit

// Category groups operations that share a limit (contract, x-ratelimit-category; reference, section 1.5).
type Category string

// The categories of the audience family. Uncounted is for what is not the vendor's: Parterre's own routes.
// AdsConversionsTest is what events that are a test count as: as events, and against a limit of their own.
const (
	Uncounted          Category = ""
	AdsRead            Category = "ads_read"
	AdsWrite           Category = "ads_write"
	AdsConversions     Category = "ads_conversions"
	AdsConversionsTest Category = "ads_conversions_test"
	OrgRead            Category = "org_read"
	OrgWrite           Category = "org_write"
)
