package demo

import (
	"iter"
	"math/rand/v2"
	"strconv"
)

// step is one thing that somebody did in a visit to the shop.
type step struct {
	who    *person
	source string // web, app_ios or app_android
	agent  string // of a browser that also shows its network address; else empty
	at     int64

	name   string // of the event: page_visit and so on
	url    string
	search string
	lead   string
	goods  []product
	counts []int // of goods
	order  int   // number of an order; 0 for none
}

func (s *step) cents() (sum int) {
	for i, p := range s.goods {
		sum += p.cents * s.counts[i]
	}
	return sum
}

func (s *step) pieces() (sum int) {
	for _, n := range s.counts {
		sum += n
	}
	return sum
}

// currency is what somebody pays in.
func (s *step) currency() string {
	switch s.who.country {
	case "CA":
		return "CAD"
	case "GB":
		return "GBP"
	}
	return "USD"
}

var (
	sources      = []string{"web", "app_ios", "app_android"}
	sourceShares = []float64{.62, .22, .16}

	agents = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/146.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) Safari/618.1",
		"Mozilla/5.0 (Linux; Android 16; Pixel 10) Chrome/144.0 Mobile",
	}
	landings = [][]string{
		nil,
		{"utm_source", "pinterest", "utm_campaign", "bees"},
		{"utm_source", "pinterest", "utm_campaign", "moths"},
		{"utm_source", "newsletter"},
		{"utm_source", "search"},
	}
	searches = []string{"net", "moth trap", "insect hotel", "loupe", "beetle print", "macro lens", "seeds", "pond", "gift"}
	sortings = []string{"popular", "price", "new"}
)

// visits gives the first n steps of the visits of a stream. Steps of one visit follow each other; visits are in no order.
func (s *shop) visits(stream uint64, n int) iter.Seq[step] {
	return func(yield func(step) bool) {
		v := &visit{shop: s, r: s.random(stream)}
		for n > 0 {
			v.play()
			for _, st := range v.steps[:min(n, len(v.steps))] {
				if !yield(st) {
					return
				}
			}
			n -= min(n, len(v.steps))
		}
	}
}

// visit makes one visit after the other.
type visit struct {
	shop   *shop
	r      *rand.Rand
	now    step // who, where and when
	steps  []step
	orders int
	cart   []product
	counts []int
}

func (v *visit) chance(p float64) bool { return v.r.Float64() < p }

// did adds a step, and lets some time pass.
func (v *visit) did(name, url string, more func(*step)) {
	st := v.now
	st.name, st.url = name, url
	if more != nil {
		more(&st)
	}
	v.steps = append(v.steps, st)
	v.now.at += 10 + v.r.Int64N(170)
}

// play makes the steps of a visit: the way in, a few looks around, perhaps a cart, perhaps an order.
func (v *visit) play() {
	who := v.shop.visitor(v.r)
	v.steps, v.cart, v.counts = v.steps[:0], nil, nil
	v.now = step{who: who, source: sources[weighted(v.r, sourceShares)], at: v.shop.when(v.r)}
	if v.now.source == "web" && v.chance(.3) {
		v.now.agent = agents[v.r.IntN(len(agents))]
	}
	v.arrive()
	for more := true; more; more = v.chance(.55) {
		v.browse()
	}
	if len(v.cart) > 0 && v.chance(.45) {
		v.buy()
	}
}

func (v *visit) arrive() {
	address := shopURL + "/"
	if v.chance(.4) {
		address += v.section().slug
	}
	if from := pick(v.r, landings); from != nil {
		address = withQuery(address, from...)
	}
	v.did("page_visit", address, nil)
	if v.chance(.03) {
		v.did("signup", shopURL+"/account/new", nil)
	}
	if v.chance(.03) {
		v.did("lead", shopURL+"/newsletter", func(st *step) { st.lead = "Newsletter" })
	}
}

// browse comes to a section, by its page or by a search, and looks at something there.
func (v *visit) browse() {
	sec := v.section()
	if v.chance(.3) {
		words := pick(v.r, searches)
		v.did("search", withQuery(shopURL+"/search", "q", words), func(st *step) { st.search = words })
	} else {
		v.did("view_category", withQuery(shopURL+"/"+sec.slug, "sort", pick(v.r, sortings)), nil)
	}
	p := pick(v.r, sec.goods)
	v.did("page_visit", p.url(), func(st *step) { st.goods, st.counts = []product{p}, []int{1} })
	if v.chance(.35) {
		count := 1
		if v.chance(.15) {
			count = 2
		}
		v.did("add_to_cart", withQuery(p.url(), "added", strconv.Itoa(count)), func(st *step) {
			st.goods, st.counts = []product{p}, []int{count}
		})
		v.cart, v.counts = append(v.cart, p), append(v.counts, count)
	}
}

func (v *visit) buy() {
	shipping := "standard"
	if v.chance(.4) {
		shipping = "express"
	}
	v.orders++
	v.did("checkout", withQuery(shopURL+"/checkout/complete", "shipping", shipping), func(st *step) {
		st.goods, st.counts, st.order = v.cart, v.counts, v.orders
	})
}

// section picks a section that suits the visitor, mostly.
func (v *visit) section() *section {
	all := v.shop.sections
	for range 4 {
		sec := &all[v.r.IntN(len(all))]
		if sec.topic == v.now.who.tastes[0] || sec.topic == v.now.who.tastes[1] {
			return sec
		}
	}
	return &all[v.r.IntN(len(all))]
}
