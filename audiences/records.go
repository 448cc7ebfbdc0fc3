package audiences

import (
	"strings"
	"unicode"

	"github.com/parterre/parterre"
)

// MaxRecords is how many records one request may bring; the API publishes no number (reference, section 17, 41).
const MaxRecords = 50_000

// longestRecord is more than the longest e-mail address (254 characters) and the longest digest (64).
const longestRecord = 320

// parseRecords reads the records of a customer list: e-mail addresses, mobile advertising ids and digests of either, mixed
// as they come, separated by commas or line breaks. It gives the identifiers of each that can be one, and how many records
// there were. Of a plain address or id all digests are made by which others may know it, and nothing else is kept.
func parseRecords(records string) (valid [][]parterre.Identifier, submitted int, err error) {
	separator := func(c rune) bool { return c == ',' || c == '\n' || c == '\r' }
	for record := range strings.FieldsFuncSeq(records, separator) {
		record = strings.TrimSpace(record)
		if record == "" {
			continue
		}
		if submitted++; submitted > MaxRecords {
			return nil, 0, recordsError(parterre.InvalidRecords, "'records' holds more than %d records; send the rest with ADD",
				MaxRecords)
		}
		if ids := parseRecord(record); ids != nil {
			valid = append(valid, ids)
		}
	}
	switch {
	case submitted == 0:
		return nil, 0, recordsError(parterre.NoValidRecords,
			"'records' is empty: a string of e-mail addresses, mobile advertising ids or their digests, separated by commas, is allowed")
	case len(valid) == 0:
		return nil, 0, recordsError(parterre.NoValidRecords,
			"'records' holds no valid record: e-mail addresses, mobile advertising ids or their digests, separated by commas, are allowed")
	}
	return valid, submitted, nil
}

// parseRecord gives nil for what cannot be a record.
func parseRecord(record string) []parterre.Identifier {
	if len(record) > longestRecord || strings.ContainsFunc(record, func(c rune) bool {
		return unicode.IsSpace(c) || unicode.IsControl(c)
	}) {
		return nil
	}
	if id, ok := parterre.ByDigest(record); ok {
		return []parterre.Identifier{id}
	}
	if parterre.IsDigestOfNothing(record) {
		return nil
	}
	if strings.Contains(record, "@") {
		return parterre.ByEmail(record)
	}
	return parterre.ByMAID(record)
}

func recordsError(code parterre.Code, format string, args ...any) error {
	err := parterre.Errorf(code, format, args...)
	err.Field = "records"
	return err
}
