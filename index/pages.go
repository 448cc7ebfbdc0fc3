package index

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/history"
	"github.com/parterre/parterre/index/driver"
)

// pageSet are the pages of an ad account whose URLs will do.
type pageSet struct {
	ids []driver.PageID // ascending
	of  int             // how many there were to choose from
	set history.Set     // the same
}

// selectPages judges every URL of an ad account once, or looks those up that the rule lists.
func (ix *Index) selectPages(ctx context.Context, account parterre.ID, s *Standing) (p *pageSet, err error) {
	if len(s.URLs) > 0 {
		p, err = ix.listedPages(ctx, account, s)
	} else {
		p, err = ix.judgedPages(ctx, account, s)
	}
	if err != nil {
		return nil, parterre.Internalf(err, "judge the URLs of ad account %d", account)
	}
	p.set = history.SetOf(p.ids)
	return p, nil
}

// listedPages looks the URLs up that a rule lists.
func (ix *Index) listedPages(ctx context.Context, account parterre.ID, s *Standing) (*pageSet, error) {
	var keys []driver.PageKey
	for _, url := range s.URLs {
		if s.URL(url) { // another operator may refuse it
			keys = append(keys, pageName{account, url}.key())
		}
	}
	ids, err := ix.d.Pages(ctx, keys)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	p := &pageSet{of: math.MaxInt} // each is looked for
	for _, id := range slices.Compact(ids) {
		if id != 0 {
			p.ids = append(p.ids, id)
		}
	}
	return p, nil
}

// judgedPages judges all URLs: those that are in memory on all cores.
func (ix *Index) judgedPages(ctx context.Context, account parterre.ID, s *Standing) (*pageSet, error) {
	ix.mu.Lock()
	top := ix.mu.tops.Page
	ix.mu.Unlock()
	known, err := ix.sites.of(ctx, ix.d, account, top)
	if err != nil {
		return nil, err
	}
	if known == nil {
		p := &pageSet{}
		return p, ix.d.ScanPages(ctx, account, 0, func(id driver.PageID, url []byte) error {
			p.of++
			if s.URL(string(url)) {
				p.ids = append(p.ids, id)
			}
			return ctx.Err()
		})
	}
	parts := make([][]driver.PageID, runtime.GOMAXPROCS(0))
	share := (len(known) + len(parts) - 1) / len(parts)
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() {
			for n, page := range known[min(i*share, len(known)):min((i+1)*share, len(known))] {
				if n%256 == 0 && ctx.Err() != nil { // a rule may be long
					return
				}
				if s.URL(page.url) {
					parts[i] = append(parts[i], page.id)
				}
			}
		})
	}
	all.Wait()
	return &pageSet{ids: slices.Concat(parts...), of: len(known)}, ctx.Err()
}

// sites are the pages of ad accounts in memory, as every rule with a URL asks for all of them. A page keeps its URL, so there
// is nothing to be forgotten but for want of room.
type sites struct {
	mu    sync.Mutex
	known map[parterre.ID]*site
	bytes int
	most  int // bytes of all ad accounts
}

// site are the pages of an ad account up to a number. What has been handed out is never changed.
type site struct {
	pages []sitePage // ascending
	upTo  driver.PageID
	bytes int
	large bool // too large to be kept
}

type sitePage struct {
	id  driver.PageID
	url string
}

// bytesPerPage is what a page takes beside its URL.
const bytesPerPage = 24

// of gives the pages of an ad account up to the highest number that was given out, nil when they take too much room. Others
// wait meanwhile.
func (s *sites) of(ctx context.Context, d driver.Driver, account parterre.ID, top driver.PageID) ([]sitePage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[parterre.ID]*site{}
	}
	at := s.known[account]
	if at == nil {
		at = &site{}
		s.known[account] = at
	}
	if at.large {
		return nil, nil
	}
	if at.upTo >= top && top != 0 {
		return at.pages, nil
	}
	err := d.ScanPages(ctx, account, at.upTo, func(id driver.PageID, url []byte) error {
		if at.bytes > s.most {
			at.large = true
			return errEnough
		}
		at.pages = append(at.pages, sitePage{id, string(url)})
		at.upTo = id
		at.bytes += bytesPerPage + len(url)
		s.bytes += bytesPerPage + len(url)
		return ctx.Err()
	})
	if at.large {
		s.bytes -= at.bytes
		at.pages, at.bytes = nil, 0
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at.upTo = max(at.upTo, top)
	for other, one := range s.known { // any of them may go
		if s.bytes <= s.most {
			break
		}
		if one != at {
			s.bytes -= one.bytes
			delete(s.known, other)
		}
	}
	return at.pages, nil
}
