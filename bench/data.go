package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/parterre/parterre"
)

const (
	day      = 86_400
	days     = 90
	begin    = 1_750_000_000    // of the first event, in seconds since 1970
	now      = begin + days*day // the clock of all benchmarks
	perChunk = 1000             // events are made in chunks, each from a seed of its own
	products = 2000
	queries  = 5000
)

// sections of the URLs: one of them is one in 200, which is what a rule about a part of a URL asks for.
const sections = 200

// kinds are the events, with the share of each in percent.
var kinds = []struct {
	name  string
	share int
}{
	{"page_visit", 70}, {"view_category", 10}, {"search", 8}, {"add_to_cart", 6}, {"checkout", 3}, {"signup", 2}, {"lead", 1},
}

// event is an event before anybody gave it a shape.
type event struct {
	person, url int
	at          int64
	name        string
	mobile, api bool // else web, and tag
	order       int  // number of a checkout, 0 for other events
	cents       int
	items       []item
	query       int // of a search, from 1
}

type item struct{ product, cents, quantity int }

// world makes the data: it is a function of size and seed alone. It may be used concurrently.
type world struct {
	size size
	seed uint64
	urls []string
}

func newWorld(s size, seed uint64) *world {
	w := &world{size: s, seed: seed, urls: make([]string, s.URLs)}
	sources := []string{"newsletter", "search", "social", "none"}
	for i := range w.urls {
		w.urls[i] = fmt.Sprintf("https://shop.example/s%03d/c%02d/product-%d?utm_source=%s&v=%d",
			i%sections, i/sections%40, i, sources[i%len(sources)], i%7)
	}
	return w
}

// chunks is how many chunks the events make.
func (w *world) chunks() int { return (w.size.Events + perChunk - 1) / perChunk }

// chunk makes one chunk of the events, in the room of dst.
func (w *world) chunk(n int, dst []event) []event {
	r := rand.New(rand.NewPCG(w.seed, uint64(n)))
	persons := rand.NewZipf(r, 1.05, 100_000, uint64(w.size.Persons-1))
	urls := rand.NewZipf(r, 1.1, 8, uint64(w.size.URLs-1))
	dst = dst[:0]
	for i := range min(perChunk, w.size.Events-n*perChunk) {
		e := event{
			person: w.spread(int(persons.Uint64())), url: int(urls.Uint64()), at: begin + r.Int64N(days*day),
			mobile: r.IntN(100) < 30, api: r.IntN(100) < 20,
		}
		pick := r.IntN(100)
		for _, k := range kinds {
			if pick -= k.share; pick < 0 {
				e.name = k.name
				break
			}
		}
		switch e.name {
		case "checkout":
			e.order = n*perChunk + i + 1
			for range 1 + r.IntN(3) {
				it := item{r.IntN(products), 100 + r.IntN(20_000), 1 + r.IntN(3)}
				e.items = append(e.items, it)
				e.cents += it.cents * it.quantity
			}
		case "search":
			e.query = 1 + r.IntN(queries)
		}
		dst = append(dst, e)
	}
	return dst
}

// spread gives the persons numbers in which those who do much are not neighbours.
func (w *world) spread(rank int) int {
	const prime = 2_147_483_647
	return int(uint64(rank) * prime % uint64(w.size.Persons))
}

func emailDigest(person int) [32]byte {
	return sha256.Sum256(strconv.AppendInt([]byte("person"), int64(person), 10))
}

// hashed is the digest as the API takes it.
func hashed(person int) string {
	sum := emailDigest(person)
	return hex.EncodeToString(sum[:])
}

func clickOf(person int) string { return "click-" + strconv.Itoa(person) }

// who gives the identifiers of a person.
func who(person int) []parterre.Identifier {
	sum := emailDigest(person)
	return []parterre.Identifier{{Kind: parterre.Digest, Value: string(sum[:])}, parterre.ByClickID(clickOf(person))}
}

// of gives an event the shape that the engine takes.
func (w *world) of(e *event, account, tag parterre.ID) parterre.Event {
	f := parterre.Facet{
		Kind: parterre.Conversion, Account: account, Tag: tag, Name: e.name, Source: parterre.Web, Ingestion: parterre.FromTag,
		URL: w.urls[e.url],
	}
	if e.mobile {
		f.Source = parterre.Mobile
	}
	if e.api {
		f.Ingestion = parterre.FromConversionsAPI
	}
	switch {
	case e.order > 0:
		f.Data.Fields = parterre.SortData([]parterre.Datum{
			parterre.FieldDatum("currency", "USD"), parterre.FieldDatum("value", money(e.cents)),
			parterre.FieldDatum("order_id", orderID(e.order)), parterre.FieldDatum("num_items", strconv.Itoa(quantity(e.items))),
		})
		for _, it := range e.items {
			f.Data.Items = append(f.Data.Items, parterre.SortData([]parterre.Datum{
				parterre.ItemDatum("id", productID(it.product)), parterre.ItemDatum("item_price", money(it.cents)),
				parterre.ItemDatum("quantity", strconv.Itoa(it.quantity)),
			}))
		}
	case e.query > 0:
		f.Data.Fields = []parterre.Datum{parterre.FieldDatum("search_string", queryText(e.query))}
	}
	sum := emailDigest(e.person)
	return parterre.Event{
		Who: []parterre.Identifier{{Kind: parterre.Digest, Value: string(sum[:])}}, Facet: f, At: parterre.Stamp(e.at),
	}
}

func money(cents int) string { return strconv.FormatFloat(float64(cents)/100, 'f', 2, 64) }
func orderID(n int) string   { return "order-" + strconv.Itoa(n) }
func productID(n int) string { return "product-" + strconv.Itoa(n) }
func queryText(n int) string { return "query number " + strconv.Itoa(n) }
func quantity(items []item) int {
	n := 0
	for _, it := range items {
		n += it.quantity
	}
	return n
}

// appendJSON appends an event as events/create takes it.
func (w *world) appendJSON(dst []byte, e *event) []byte {
	sum := emailDigest(e.person)
	dst = append(dst, `{"event_name":"`...)
	dst = append(dst, e.name...)
	dst = append(dst, `","action_source":"`...)
	if e.mobile {
		dst = append(dst, "app_ios"...)
	} else {
		dst = append(dst, "web"...)
	}
	dst = strconv.AppendInt(append(dst, `","event_time":`...), e.at, 10)
	dst = strconv.AppendInt(append(dst, `,"event_id":"e`...), int64(e.person), 36)
	dst = strconv.AppendInt(append(dst, '-'), e.at, 36)
	dst = append(append(dst, `","event_source_url":"`...), w.urls[e.url]...)
	dst = hex.AppendEncode(append(dst, `","user_data":{"em":["`...), sum[:])
	dst = append(append(append(dst, `"],"click_id":"`...), clickOf(e.person)...), `"}`...)
	switch {
	case e.order > 0:
		dst = append(append(dst, `,"custom_data":{"currency":"USD","value":"`...), money(e.cents)...)
		dst = append(append(dst, `","order_id":"`...), orderID(e.order)...)
		dst = strconv.AppendInt(append(dst, `","num_items":`...), int64(quantity(e.items)), 10)
		dst = append(dst, `,"contents":[`...)
		for i, it := range e.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(dst, `{"id":"`...), productID(it.product)...)
			dst = append(append(dst, `","item_price":"`...), money(it.cents)...)
			dst = append(strconv.AppendInt(append(dst, `","quantity":`...), int64(it.quantity), 10), '}')
		}
		dst = append(dst, `]}`...)
	case e.query > 0:
		dst = append(append(append(dst, `,"custom_data":{"search_string":"`...), queryText(e.query)...), `"}`...)
	}
	return append(dst, '}')
}

// requestBody is the body of events/create with the events.
func (w *world) requestBody(dst []byte, events []event) []byte {
	dst = append(dst, `{"data":[`...)
	for i := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = w.appendJSON(dst, &events[i])
	}
	return append(dst, `]}`...)
}
