package parterre

import (
	"cmp"
	"slices"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
)

// statsAtOnce is how many ad accounts one answer tells of.
const statsAtOnce = 100

// The shapes of the answer. Whatever counts something since the start counts from when this process began.
type (
	stats struct {
		AsOf      int64           `json:"as_of"` // seconds since 1970
		Persons   int             `json:"persons"`
		Facets    int             `json:"facets"` // numbers that were given out
		Pages     int             `json:"pages"`  // likewise
		Standing  int             `json:"standing_audiences"`
		SinceUp   sinceStart      `json:"since_start"`
		Bytes     bytesHeld       `json:"bytes"`
		Lag       lag             `json:"lag"`
		Caches    []cacheStats    `json:"caches"`
		Accounts  []accountsStats `json:"ad_accounts"`
		NextAfter *parterre.ID    `json:"next_after"` // ask for what comes after it; null when that was all
	}
	sinceStart struct {
		Events  uint64 `json:"events_ingested"`
		Persons uint64 `json:"persons_imported"`
	}
	bytesHeld struct {
		Disk       int64            `json:"disk"`
		Log        int64            `json:"log"` // of these, in the write-ahead log
		Tables     map[string]int64 `json:"tables"`
		MemTables  int64            `json:"memory_memtables"`
		Pending    int64            `json:"memory_pending"`
		BlockCache int64            `json:"memory_block_cache"`
	}
	lag struct {
		Seconds int64      `json:"oldest_job_seconds"`
		Jobs    []jobStats `json:"jobs"`
		Debt    int64      `json:"compaction_debt_bytes"`
		Stalls  uint64     `json:"write_stalls"`
	}
	jobStats struct {
		Kind    string `json:"kind"`
		Waiting int    `json:"waiting"`
		Running int    `json:"running"`
		Failed  int    `json:"failed"`
		Done    uint64 `json:"done"`
		Errors  uint64 `json:"errors"`
	}
	cacheStats struct {
		Name    string `json:"name"`
		Entries int    `json:"entries"`
		Hits    uint64 `json:"hits"`
		Misses  uint64 `json:"misses"`
	}
	accountsStats struct {
		ID        parterre.ID     `json:"id"`
		Name      string          `json:"name"`
		Facets    int             `json:"facets"`
		Pages     int             `json:"pages"`
		Events    int             `json:"events"`
		Audiences []audienceStats `json:"audiences"`
		Lists     int             `json:"customer_lists"`
		Uploads   []uploadStats   `json:"uploads"`
		Tags      int             `json:"conversion_tags"`
	}
	audienceStats struct {
		Type   parterre.AudienceType `json:"type"`
		Status parterre.Status       `json:"status"`
		Count  int                   `json:"count"`
	}
	uploadStats struct {
		State parterre.UploadState `json:"state"`
		Count int                  `json:"count"`
	}
)

// stats tells what the service holds, how far it lags, and what each ad account has.
func (a *API) stats(r *wire.Request) (any, error) {
	after := parterre.ID(0)
	if q := r.URL.Query(); q.Has("after") {
		var err error
		if after, err = parterre.ParseID("after", q.Get("after")); err != nil {
			return nil, err
		}
	}
	s, err := a.service.Stats()
	if err != nil {
		return nil, err
	}
	accounts, next, err := a.service.AccountStats(r.Context(), after, statsAtOnce)
	if err != nil {
		return nil, err
	}
	x := s.Index
	answer := stats{
		AsOf: s.At, Persons: x.Persons, Facets: x.Facets, Pages: x.Pages, Standing: x.Standing,
		SinceUp: sinceStart{s.Progress.Events, s.Progress.Persons},
		Bytes: bytesHeld{
			Disk: x.Store.DiskBytes, Log: x.Store.LogBytes, Tables: s.Usage, MemTables: x.Store.MemTableBytes,
			Pending: x.Store.PendingBytes, BlockCache: x.Store.CacheBytes,
		},
		Lag:      lag{Seconds: s.Progress.Lag, Jobs: []jobStats{}, Debt: x.Store.CompactionDebt, Stalls: x.Store.Stalls},
		Caches:   []cacheStats{{Name: "blocks", Hits: x.Store.CacheHits, Misses: x.Store.CacheMisses}},
		Accounts: []accountsStats{},
	}
	for _, j := range s.Progress.Jobs {
		answer.Lag.Jobs = append(answer.Lag.Jobs, jobStats{string(j.Kind), j.Waiting, j.Running, j.Failed, j.Done, j.Errors})
	}
	for _, c := range x.Caches {
		answer.Caches = append(answer.Caches, cacheStats(c))
	}
	for i := range accounts {
		answer.Accounts = append(answer.Accounts, accountShape(&accounts[i]))
	}
	if next != 0 {
		answer.NextAfter = &next
	}
	return answer, nil
}

func accountShape(s *audiences.AccountStats) accountsStats {
	shape := accountsStats{
		ID: s.Account.ID, Name: s.Account.Name, Facets: s.Facets, Pages: s.Pages, Events: s.Events,
		Audiences: []audienceStats{}, Lists: s.Lists, Uploads: []uploadStats{}, Tags: s.Tags,
	}
	for kind, n := range s.Audiences {
		shape.Audiences = append(shape.Audiences, audienceStats{kind.Type, kind.Status, n})
	}
	slices.SortFunc(shape.Audiences, func(a, b audienceStats) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Status, b.Status))
	})
	for state, n := range s.Uploads {
		shape.Uploads = append(shape.Uploads, uploadStats{state, n})
	}
	slices.SortFunc(shape.Uploads, func(a, b uploadStats) int { return cmp.Compare(a.State, b.State) })
	return shape
}
