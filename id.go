package parterre

import (
	"encoding/json"
	"strconv"
)

// ID names a record: a business, an ad account, an audience, a customer list, a conversion tag, a pin, an ad, a campaign. On the wire
// it is a string of at most 18 digits. The zero ID names nothing.
type ID int64

// The longest ids that the contract allows (reference, section 1.7).
const (
	maxIDDigits         = 18
	maxBusinessIDDigits = 20
)

// ParseID reads an id as it stands on the wire. Field names the parameter in the error. An id with leading zeros is
// well-formed, but no record is written that way, so it parses as the zero ID, which names nothing.
func ParseID(field, s string) (ID, error) { return parseID(field, s, maxIDDigits) }

// ParseBusinessID reads the id of a business, which may be longer than others. None that we give out is, so one that does
// not fit an ID parses as the zero ID, which names nothing.
func ParseBusinessID(field, s string) (ID, error) { return parseID(field, s, maxBusinessIDDigits) }

func parseID(field, s string, most int) (ID, error) {
	if s == "" {
		return 0, Invalid(field, "'%s' must match the pattern: ^\\d+$ (was empty)", field)
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, Invalid(field, "'%s' value %s must match the pattern: ^\\d+$", field, Quote(s))
		}
	}
	if len(s) > most {
		return 0, Invalid(field, "'%s' value %s is too long: at most %d digits are allowed", field, Quote(s), most)
	}
	if s[0] == '0' || len(s) > maxIDDigits {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, Internalf(err, "read id %s", Quote(s))
	}
	return ID(n), nil
}

// String is the id as it stands on the wire.
func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }

// MarshalJSON writes the id as a JSON string of digits.
func (id ID) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, maxIDDigits+2)
	b = append(b, '"')
	b = strconv.AppendInt(b, int64(id), 10)
	return append(b, '"'), nil
}

// UnmarshalJSON reads a JSON string of digits.
func (id *ID) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return Invalid("id", "an id must be a string of digits (was %s)", Clip(string(b)))
	}
	n, err := ParseID("id", s)
	if err != nil {
		return err
	}
	*id = n
	return nil
}

// PersonID is the dense number of a person in the population. Numbers start at 1; 0 is nobody.
type PersonID uint32

// Stamp orders the moments at which a person qualified: seconds since 1970 for events, the batch number for customer
// lists. Rolls keep the larger stamp. The zero Stamp means never.
type Stamp uint32
