package index

import (
	"cmp"
	"slices"

	"github.com/parterre/parterre"
)

// asking are the audiences of an ad account, by what they ask of a URL: of many thousand a page is judged by the few that may
// take it. A lock of its owner guards it. The lists that it gives are never changed.
type asking struct {
	nothing []*standing            // they take any URL
	byURL   map[string][]*standing // by each URL that they list
	byPart  map[gram][]*standing   // by a gram of each part of which a URL must contain one
	others  []*standing            // what they ask cannot be looked up
	newest  uint64                 // number of a registration
}

// askings are the audiences by the ad account whose facets they select.
type askings map[parterre.ID]*asking

// of are the audiences of an ad account, which may be none yet.
func (all askings) of(account parterre.ID) *asking {
	if all[account] == nil {
		all[account] = &asking{}
	}
	return all[account]
}

// gram is four bytes of a URL, one after another.
type gram [4]byte

// eachGram yields the grams of a text, some perhaps more than once.
func eachGram(text string, yield func(gram)) {
	for i := range len(text) - len(gram{}) + 1 {
		yield(gram([]byte(text[i : i+len(gram{})])))
	}
}

func (a *asking) add(s *standing) {
	a.newest = s.seq
	switch {
	case s.URL == nil:
		a.nothing = append(a.nothing, s)
	case len(s.URLs) > 0:
		if a.byURL == nil {
			a.byURL = map[string][]*standing{}
		}
		for _, url := range s.URLs {
			a.byURL[url] = append(a.byURL[url], s)
		}
	case len(s.Parts) > 0 && !slices.ContainsFunc(s.Parts, func(part string) bool { return len(part) < len(gram{}) }):
		if a.byPart == nil {
			a.byPart = map[gram][]*standing{}
		}
		for _, part := range s.Parts {
			g := a.rarest(part)
			a.byPart[g] = append(a.byPart[g], s)
		}
	default:
		a.others = append(a.others, s)
	}
}

// rarest is the gram of a part that the fewest audiences stand under.
func (a *asking) rarest(part string) (rarest gram) {
	least := -1
	eachGram(part, func(g gram) {
		if n := len(a.byPart[g]); least < 0 || n < least {
			rarest, least = g, n
		}
	})
	return rarest
}

func (a *asking) remove(s *standing) {
	a.nothing, a.others = without(a.nothing, s), without(a.others, s)
	for _, url := range s.URLs {
		removeFrom(a.byURL, url, s)
	}
	for _, part := range s.Parts {
		eachGram(part, func(g gram) { removeFrom(a.byPart, g, s) })
	}
}

func removeFrom[K comparable](lists map[K][]*standing, key K, s *standing) {
	list := lists[key]
	if !slices.Contains(list, s) {
		return
	}
	if list = without(list, s); len(list) > 0 {
		lists[key] = list
	} else {
		delete(lists, key)
	}
}

// of are those of the audiences that ask for a URL, and registered after a number, which may take this one, in the order of
// registration.
func (a *asking) of(url string, after uint64) []*standing {
	if a.newest <= after {
		return nil
	}
	may := slices.Clone(since(a.others, after))
	may = append(may, since(a.byURL[url], after)...)
	if len(a.byPart) > 0 {
		eachGram(url, func(g gram) { may = append(may, since(a.byPart[g], after)...) })
	}
	slices.SortFunc(may, func(s, t *standing) int { return cmp.Compare(s.seq, t.seq) })
	return slices.Compact(may)
}
