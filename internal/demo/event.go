package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"strconv"

	"github.com/parterre/parterre/client"
)

// apiEvents are n events that the shop's own servers send through the conversions API.
func (s *shop) apiEvents(n int) iter.Seq[client.Event] {
	return func(yield func(client.Event) bool) {
		i := 0
		for st := range s.visits(apiStream, n) {
			i++
			e := event(&st, fmt.Sprintf("api-%07d", i))
			e.CustomData = customData(&st)
			if !yield(e) {
				return
			}
		}
	}
}

// tagEvents are n events that the conversion tag on the shop's pages, or in its app, saw.
func (s *shop) tagEvents(n int, tag string) iter.Seq[client.ImportEvent] {
	return func(yield func(client.ImportEvent) bool) {
		i := 0
		for st := range s.visits(tagStream, n) {
			i++
			e := client.ImportEvent{
				Event: event(&st, fmt.Sprintf("tag-%07d", i)), AdAccountID: s.account, ConversionTagID: tag,
				IngestionSource: "tag", EventData: eventData(&st),
			}
			if !yield(e) {
				return
			}
		}
	}
}

func event(st *step, id string) client.Event {
	e := client.Event{
		EventName: st.name, ActionSource: st.source, EventTime: st.at, EventID: id, EventSourceURL: st.url,
	}
	if st.source != "web" && st.who.maid != "" {
		sum := sha256.Sum256([]byte(st.who.maid))
		e.UserData.MAIDs = []string{hex.EncodeToString(sum[:])}
		return e
	}
	e.UserData.Emails = []string{client.HashEmail(st.who.emails[0])}
	if st.agent != "" {
		e.UserData.ClientIPAddress, e.UserData.ClientUserAgent = st.who.address(), st.agent
	}
	return e
}

// orderID is the name of a step's order, empty when it is none. Orders of the two sorts of events have different names.
func orderID(st *step, prefix string) string {
	if st.order == 0 {
		return ""
	}
	return fmt.Sprintf("%s-%d", prefix, 150_000+st.order)
}

// customData says what an event is about in the words of the conversions API.
func customData(st *step) *client.CustomData {
	if len(st.goods) == 0 && st.search == "" && st.lead == "" {
		return nil
	}
	d := &client.CustomData{SearchString: st.search, ContentName: st.lead, OrderID: orderID(st, "X")}
	if len(st.goods) == 0 {
		return d
	}
	d.Currency, d.Value, d.NumItems = st.currency(), money(st.cents()), int64(st.pieces())
	for i, p := range st.goods {
		d.ContentIDs = append(d.ContentIDs, p.id)
		d.Contents = append(d.Contents, client.Content{
			ID: p.id, Name: p.name, Category: p.section, Brand: shopBrand, Price: p.price(), Quantity: int64(st.counts[i]),
		})
	}
	return d
}

// eventData says what an event is about in the words that rules use.
func eventData(st *step) map[string]any {
	d := map[string]any{}
	if st.search != "" {
		d["search_query"] = st.search
	}
	if st.lead != "" {
		d["lead_type"] = st.lead
	}
	if id := orderID(st, "Y"); id != "" {
		d["order_id"] = id
	}
	if len(st.goods) == 0 {
		return d
	}
	d["currency"], d["value"], d["order_quantity"] = st.currency(), money(st.cents()), st.pieces()
	items := make([]map[string]any, len(st.goods))
	for i, p := range st.goods {
		items[i] = map[string]any{
			"product_id": p.id, "product_name": p.name, "product_category": p.section, "product_brand": shopBrand,
			"product_price": p.price(), "product_quantity": strconv.Itoa(st.counts[i]),
		}
	}
	d["line_items"] = items
	return d
}
