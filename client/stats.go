package client

import (
	"context"
	"net/http"
	"net/url"
)

// Stats is what the service holds, and how it does. What counts something since the start counts from when the process began.
type Stats struct {
	AsOf              int64          `json:"as_of"` // seconds since 1970
	Persons           int64          `json:"persons"`
	Facets            int64          `json:"facets"` // numbers that were given out
	Pages             int64          `json:"pages"`  // likewise
	StandingAudiences int64          `json:"standing_audiences"`
	SinceStart        SinceStart     `json:"since_start"`
	Bytes             BytesHeld      `json:"bytes"`
	Lag               Lag            `json:"lag"`
	Caches            []CacheStats   `json:"caches"`
	AdAccounts        []AccountStats `json:"ad_accounts"`
}

// SinceStart counts what was taken in since the process began.
type SinceStart struct {
	EventsIngested  int64 `json:"events_ingested"`
	PersonsImported int64 `json:"persons_imported"`
}

// BytesHeld says where the bytes are.
type BytesHeld struct {
	Disk             int64            `json:"disk"`
	Log              int64            `json:"log"`    // of these, in the write-ahead log
	Tables           map[string]int64 `json:"tables"` // on the disk, by what they hold, about
	MemoryMemTables  int64            `json:"memory_memtables"`
	MemoryPending    int64            `json:"memory_pending"`
	MemoryBlockCache int64            `json:"memory_block_cache"`
}

// Lag says how far the background work is behind.
type Lag struct {
	OldestJobSeconds    int64      `json:"oldest_job_seconds"` // 0 when there is no job
	Jobs                []JobStats `json:"jobs"`
	CompactionDebtBytes int64      `json:"compaction_debt_bytes"`
	WriteStalls         int64      `json:"write_stalls"`
}

// JobStats counts the jobs of a kind.
type JobStats struct {
	Kind    string `json:"kind"`
	Waiting int64  `json:"waiting"`
	Running int64  `json:"running"`
	Failed  int64  `json:"failed"` // these are tried again
	Done    int64  `json:"done"`   // since the start
	Errors  int64  `json:"errors"` // likewise
}

// CacheStats is how a cache has served since the start.
type CacheStats struct {
	Name    string `json:"name"`
	Entries int64  `json:"entries"`
	Hits    int64  `json:"hits"`
	Misses  int64  `json:"misses"`
}

// AccountStats is what an ad account has.
type AccountStats struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Facets         int64           `json:"facets"`
	Pages          int64           `json:"pages"`
	Events         int64           `json:"events"` // different ones that are known, about
	Audiences      []AudienceCount `json:"audiences"`
	CustomerLists  int64           `json:"customer_lists"`
	Uploads        []UploadCount   `json:"uploads"`
	ConversionTags int64           `json:"conversion_tags"`
}

// AudienceCount counts the audiences of one type and status.
type AudienceCount struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Count  int64  `json:"count"`
}

// UploadCount counts the uploads in one state.
type UploadCount struct {
	State string `json:"state"`
	Count int64  `json:"count"`
}

// Stats says what the service holds, with every ad account. The token needs the scope of the operator.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	var all Stats
	for to := own("stats"); ; {
		var page struct {
			Stats
			NextAfter string `json:"next_after"`
		}
		if err := c.call(ctx, http.MethodGet, to, nil, &page); err != nil {
			return Stats{}, err
		}
		page.AdAccounts = append(all.AdAccounts, page.AdAccounts...)
		all = page.Stats
		if page.NextAfter == "" {
			return all, nil
		}
		to.query = url.Values{"after": {page.NextAfter}}
	}
}
