package conversion

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/internal/jsonbody"
)

// fastRequest reads the body of events/create in one pass, with few allocations. It reads only what it is sure of: for
// anything else, every complaint included, it reports false, and the reader in conversion.go takes the body from the start.
// What it reads, it reads as that one does; a test and a fuzz target hold it to that.
func fastRequest(body []byte) ([]Event, bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	f := fast{s: string(body)}
	f.expect('{')
	if f.name() != "data" {
		return nil, false
	}
	f.expect('[')
	// An event is hardly shorter than 256 bytes.
	f.events = make([]Event, 0, min(len(body)/256+1, MaxEvents))
	for first := true; f.more(first, ']'); first = false {
		if len(f.events) == MaxEvents {
			return nil, false
		}
		f.events = append(f.events, Event{Ingestion: parterre.FromConversionsAPI})
		f.event(&f.events[len(f.events)-1])
	}
	f.expect('}')
	f.space()
	if f.bad || f.at < len(f.s) || len(f.events) == 0 {
		return nil, false
	}
	return f.events, true
}

// fast is a body that is being read. Once bad, it stays so, and what was read means nothing.
type fast struct {
	s   string
	at  int
	bad bool

	events  []Event
	strings []string         // lists of strings are pieces of it
	data    []parterre.Datum // and lists of data of this
}

func (f *fast) fail() { f.bad, f.at = true, len(f.s) }

func (f *fast) space() {
	for f.at < len(f.s) && (f.s[f.at] == ' ' || f.s[f.at] == '\n' || f.s[f.at] == '\r' || f.s[f.at] == '\t') {
		f.at++
	}
}

// next is the byte that comes, after space; 0 at the end.
func (f *fast) next() byte {
	f.space()
	if f.at == len(f.s) {
		return 0
	}
	return f.s[f.at]
}

func (f *fast) expect(c byte) {
	if f.next() != c {
		f.fail()
		return
	}
	f.at++
}

// more says whether another element or member comes, and goes there, or behind the end of the list or object.
func (f *fast) more(first bool, end byte) bool {
	switch c := f.next(); {
	case f.bad:
		return false
	case c == end:
		f.at++
		return false
	case first:
		return true
	case c != ',':
		f.fail()
		return false
	}
	f.at++
	return true
}

// name reads the name of a member, and goes to its value.
func (f *fast) name() string {
	s := f.text()
	f.expect(':')
	return s
}

// text reads a string.
func (f *fast) text() string {
	if f.next() != '"' {
		f.fail()
		return ""
	}
	start := f.at + 1
	for i := start; i < len(f.s); i++ {
		switch c := f.s[i]; {
		case c == '"':
			f.at = i + 1
			return f.s[start:i]
		case c == '\\':
			return f.escaped(start-1, i)
		case c < ' ':
			f.fail()
			return ""
		}
	}
	f.fail()
	return ""
}

// escaped reads a string that begins at start and has a backslash.
func (f *fast) escaped(start, i int) (s string) {
	for ; i < len(f.s) && f.s[i] != '"'; i++ {
		if f.s[i] == '\\' {
			i++
		}
	}
	if i >= len(f.s) || json.Unmarshal([]byte(f.s[start:i+1]), &s) != nil || strings.Contains(s, "\uFFFD") {
		f.fail() // what stands for half of a surrogate pair is the other reader's business
		return ""
	}
	f.at = i + 1
	return s
}

// null goes over a null, if there is one.
func (f *fast) null() bool {
	if f.next() == 'n' && strings.HasPrefix(f.s[f.at:], "null") {
		f.at += len("null")
		return true
	}
	return false
}

func (f *fast) textOrNull() (s string, there bool) {
	if f.null() {
		return "", false
	}
	return f.text(), true
}

func (f *fast) truth() bool {
	f.space()
	switch rest := f.s[f.at:]; {
	case strings.HasPrefix(rest, "true"):
		f.at += len("true")
		return true
	case strings.HasPrefix(rest, "false"):
		f.at += len("false")
	default:
		f.fail()
	}
	return false
}

// longestNumber is how many digits cannot overflow.
const longestNumber = 18

// number reads a whole number, as it stands and as a value.
func (f *fast) number() (text string, n int64) {
	f.space()
	start := f.at
	if f.at < len(f.s) && f.s[f.at] == '-' {
		f.at++
	}
	digits := f.at
	for f.at < len(f.s) && '0' <= f.s[f.at] && f.s[f.at] <= '9' {
		n = n*10 + int64(f.s[f.at]-'0')
		f.at++
	}
	count := f.at - digits
	if count == 0 || count > longestNumber || count > 1 && f.s[digits] == '0' ||
		f.at < len(f.s) && (f.s[f.at] == '.' || f.s[f.at] == 'e' || f.s[f.at] == 'E') {
		f.fail()
		return "", 0
	}
	if digits > start {
		n = -n
	}
	return f.s[start:f.at], n
}

// texts reads a list of strings, which is not nil.
func (f *fast) texts() []string {
	f.expect('[')
	start := len(f.strings)
	for first := true; f.more(first, ']'); first = false {
		f.strings = append(f.strings, f.text())
	}
	if start == len(f.strings) {
		return []string{}
	}
	return f.strings[start:len(f.strings):len(f.strings)]
}

// inner reads an object of the table with the slow reader.
func (f *fast) inner(table map[string]member) {
	if f.next() != '{' {
		f.fail()
		return
	}
	start, depth := f.at, 0
	for f.at < len(f.s) {
		switch f.s[f.at] {
		case '"':
			f.text()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		f.at++
		if depth == 0 {
			break
		}
	}
	if f.bad {
		return
	}
	o := jsonbody.Parse("", []byte(f.s[start:f.at]))
	conform(o, table, true)
	if o.Err() != nil {
		f.fail()
	}
}

// once notes that a member was seen, by its bit, and fails when it was seen before.
func (f *fast) once(seen *uint32, bit int) {
	if *seen&(1<<bit) != 0 {
		f.fail()
	}
	*seen |= 1 << bit
}

// The bits of the members that an event must have are the lowest.
const requiredEventBits = 1<<5 - 1

func (f *fast) event(e *Event) {
	f.expect('{')
	seen := uint32(0)
	for first := true; f.more(first, '}'); first = false {
		switch f.name() {
		case "event_name":
			f.once(&seen, 0)
			e.Name = f.text()
		case "action_source":
			f.once(&seen, 1)
			e.ActionSource = f.text()
		case "event_time":
			f.once(&seen, 2)
			_, e.Time = f.number()
		case "event_id":
			f.once(&seen, 3)
			e.ID = f.text()
		case "user_data":
			f.once(&seen, 4)
			f.user(&e.User)
		case "event_source_url":
			f.once(&seen, 5)
			e.URL, _ = f.textOrNull()
		case "custom_data":
			f.once(&seen, 6)
			f.custom(&e.Data)
		case "opt_out":
			f.once(&seen, 7)
			e.OptOut = f.truth()
		case "wifi":
			f.once(&seen, 8)
			f.truth()
		case "app_info":
			f.once(&seen, 9)
			f.inner(appMembers)
		case "device_info":
			f.once(&seen, 10)
			f.inner(deviceMembers)
		case "partner_name":
			f.unused(&seen, 11)
		case "app_id":
			f.unused(&seen, 12)
		case "app_name":
			f.unused(&seen, 13)
		case "app_version":
			f.unused(&seen, 14)
		case "device_brand":
			f.unused(&seen, 15)
		case "device_carrier":
			f.unused(&seen, 16)
		case "device_model":
			f.unused(&seen, 17)
		case "device_type":
			f.unused(&seen, 18)
		case "os_version":
			f.unused(&seen, 19)
		case "language":
			f.unused(&seen, 20)
		default:
			f.fail()
		}
	}
	if seen&requiredEventBits != requiredEventBits {
		f.fail()
	}
}

// unused goes over a text that may be null and that nobody asks for.
func (f *fast) unused(seen *uint32, bit int) {
	f.once(seen, bit)
	f.textOrNull()
}

// The bits of user_data that say whether it names somebody, the others are those of hashedMembers.
const (
	emailsBit = 16 + iota
	maidsBit
	clickBit
	addressBit
	agentBit
	partnerBit
)

func (f *fast) user(u *User) {
	f.expect('{')
	seen, unhashed := uint32(0), uint32(0)
	for first := true; f.more(first, '}'); first = false {
		switch name := f.name(); name {
		case "em":
			f.once(&seen, emailsBit)
			u.Emails = f.texts()
		case "hashed_maids":
			f.once(&seen, maidsBit)
			u.MAIDs = f.texts()
		case "click_id":
			f.once(&seen, clickBit)
			u.ClickID, _ = f.textOrNull()
		case "client_ip_address":
			f.once(&seen, addressBit)
			u.Address = f.text()
		case "client_user_agent":
			f.once(&seen, agentBit)
			u.Agent = f.text()
		case "partner_id":
			f.unused(&seen, partnerBit)
		default:
			i := slices.Index(hashedMembers, name)
			if i < 0 { // user_data is open, but what it does not know may be anything
				f.fail()
				return
			}
			f.once(&seen, i)
			list := f.texts()
			if name == "external_id" {
				u.ExternalID = list
			}
			if !allHashed(list) {
				unhashed |= 1 << i
			}
		}
	}
	if seen&(1<<emailsBit|1<<maidsBit) == 0 && (seen&(1<<addressBit) == 0 || seen&(1<<agentBit) == 0) {
		f.fail()
	}
	for i, name := range hashedMembers {
		if unhashed&(1<<i) != 0 {
			u.unhashed = append(u.unhashed, name)
		}
	}
}

// many is how many items may be compared one with each other.
const many = 32

func (f *fast) custom(d *parterre.EventData) {
	f.expect('{')
	seen := uint32(0)
	var ids []string
	var fields [16]parterre.Datum
	n := 0
	add := func(name, value string) {
		fields[n] = parterre.FieldDatum(name, value)
		n++
	}
	texts := [...]string{
		"currency", "value", "content_name", "content_category", "content_brand", "order_id", "search_string",
		"external_measurement_id", "predicted_ltv",
	}
	for first := true; f.more(first, '}'); first = false {
		switch name := f.name(); name {
		case "contents":
			f.once(&seen, 31)
			f.items(d)
		case "content_ids":
			f.once(&seen, 30)
			ids = f.texts()
		case "num_items":
			f.once(&seen, 29)
			text, _ := f.number()
			add(name, text)
		case "external_measurement_vendor_id":
			f.once(&seen, 28)
			if !f.null() {
				text, _ := f.number()
				add(name, text)
			}
		case "np":
			f.unused(&seen, 27)
		case "opt_out_type":
			f.unused(&seen, 26)
		default:
			i := slices.Index(texts[:], name)
			if i < 0 {
				f.fail()
				return
			}
			f.once(&seen, i)
			if s, there := f.textOrNull(); there {
				add(name, s)
			}
		}
	}
	if f.bad || len(ids) > many || len(d.Items) > many {
		f.fail()
		return
	}
	d.Fields = f.list(fields[:n])
	for _, id := range ids {
		if !hasProduct(d.Items, id) {
			d.Items = append(d.Items, []parterre.Datum{parterre.ItemDatum("product_id", id)})
		}
	}
}

// hasProduct says whether there is an item of a product. One that names none is of the product "".
func hasProduct(items [][]parterre.Datum, id string) bool {
	for _, item := range items {
		if product, _ := parterre.Value(item, "product_id"); product == id {
			return true
		}
	}
	return false
}

// list sorts data and keeps them; nil when there are none.
func (f *fast) list(data []parterre.Datum) []parterre.Datum {
	if len(data) == 0 {
		return nil
	}
	data = parterre.SortData(data)
	start := len(f.data)
	f.data = append(f.data, data...)
	return f.data[start:len(f.data):len(f.data)]
}

func (f *fast) items(d *parterre.EventData) {
	f.expect('[')
	for first := true; f.more(first, ']'); first = false {
		f.expect('{')
		seen := uint32(0)
		var fields [6]parterre.Datum
		n := 0
		for first := true; f.more(first, '}'); first = false {
			name := f.name()
			i := slices.Index(itemNames[:], name)
			if i < 0 {
				f.fail()
				return
			}
			f.once(&seen, i)
			var value string
			if i == quantityItem {
				value, _ = f.number()
			} else {
				value = f.text()
			}
			if f.bad {
				return
			}
			fields[n] = parterre.ItemDatum(name, value)
			n++
		}
		d.Items = append(d.Items, f.list(fields[:n]))
	}
}

// itemNames are the members of an item; quantityItem is the place of the one that is a number.
var itemNames = [...]string{"quantity", "id", "item_price", "item_name", "item_category", "item_brand"}

const quantityItem = 0
