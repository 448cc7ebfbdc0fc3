// Package ratelimit knows how often callers may ask: the categories of operations and what each allows.
package ratelimit

// Category groups operations that share a limit (contract, x-ratelimit-category; reference, section 1.5).
type Category string

// The categories of the audience family. Uncounted is for what is not the vendor's: Parterre's own routes.
const (
	Uncounted      Category = ""
	AdsRead        Category = "ads_read"
	AdsWrite       Category = "ads_write"
	AdsConversions Category = "ads_conversions"
	OrgRead        Category = "org_read"
	OrgWrite       Category = "org_write"
)
