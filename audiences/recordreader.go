package audiences

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"unicode/utf8"

	"github.com/parterre/parterre"
)

// recordReader reads records from a stream of any length: separated by commas or line breaks, perhaps in double quotes.
type recordReader struct {
	lines *bufio.Scanner
	bytes int64 // that were scanned, up to the end of a record
	long  bool  // the record that is being scanned is too long, and was counted
	first bool  // no record was read yet
}

// mostRecord is how many bytes of a record are looked at: longer ones are no addresses.
const mostRecord = 4 << 10

// mostBytes is about how many bytes are read at a time, whatever they hold: so far may have to be read again after a crash.
const mostBytes = 64 << 20

// recordBatch is what was read at a time.
type recordBatch struct {
	valid   [][]parterre.Identifier
	invalid []parterre.UploadError // by reason
	records int
	bytes   int64
	last    bool // there are no more
}

// newRecordReader reads from the beginning of a stream, or from the end of a record in it.
func newRecordReader(from io.Reader, begin bool) *recordReader {
	r := &recordReader{lines: bufio.NewScanner(from), first: begin}
	if begin {
		r.lines = bufio.NewScanner(&unmarked{r: bufio.NewReader(from), mark: &r.bytes})
	}
	r.lines.Buffer(make([]byte, 0, 256<<10), 256<<10)
	r.lines.Split(r.split)
	return r
}

// unmarked leaves a byte order mark at the beginning out.
type unmarked struct {
	r     *bufio.Reader
	mark  *int64 // counts its bytes
	begun bool
}

func (u *unmarked) Read(p []byte) (int, error) {
	if !u.begun {
		u.begun = true
		if head, err := u.r.Peek(3); err == nil && bytes.Equal(head, []byte("\xef\xbb\xbf")) {
			n, err := u.r.Discard(len(head))
			*u.mark += int64(n)
			if err != nil {
				return 0, err
			}
		}
	}
	return u.r.Read(p)
}

// tooLong stands for a record that is.
var tooLong = []byte("\x00too long")

// split finds records. One that is too long is skipped, piece by piece, and given as tooLong once.
func (r *recordReader) split(data []byte, atEOF bool) (int, []byte, error) {
	for i, c := range data {
		if c != ',' && c != '\n' && c != '\r' {
			continue
		}
		r.bytes += int64(i + 1)
		if r.long || i > mostRecord {
			return i + 1, r.ended(!r.long), nil
		}
		return i + 1, data[:i], nil
	}
	switch {
	case atEOF && len(data) > 0:
		r.bytes += int64(len(data))
		if r.long || len(data) > mostRecord {
			return len(data), r.ended(!r.long), nil
		}
		return len(data), data, nil
	case len(data) > mostRecord:
		counted := r.long
		r.long = true
		r.bytes += int64(len(data))
		if counted {
			return len(data), []byte{}, nil
		}
		return len(data), tooLong, nil
	default:
		return 0, nil, nil
	}
}

// ended ends a record that is too long.
func (r *recordReader) ended(count bool) []byte {
	r.long = false
	if count {
		return tooLong
	}
	return []byte{}
}

// next reads so many records, or as many as there are.
func (r *recordReader) next(ctx context.Context, most int) (b recordBatch, err error) {
	begin := r.bytes
	reasons := map[int]int{}
	for scanned := 0; b.records < most && r.bytes-begin < mostBytes || r.long; scanned++ { // a batch never ends inside a record
		if scanned%1000 == 0 && ctx.Err() != nil {
			return b, ctx.Err()
		}
		if !r.lines.Scan() {
			b.last = true
			break
		}
		record := bytes.Trim(bytes.TrimSpace(r.lines.Bytes()), `"`)
		if len(record) == 0 {
			continue
		}
		b.records++
		ids, reason := judgeRecord(record, r.first)
		r.first = false
		if ids == nil {
			reasons[reason]++
			continue
		}
		b.valid = append(b.valid, ids)
	}
	if err := r.lines.Err(); err != nil {
		return b, err
	}
	b.bytes, b.invalid = r.bytes-begin, reasonsOf(reasons)
	return b, nil
}

// judgeRecord gives the identifiers of a record, or the reason why it has none. The first one of a file may be the head of its
// column.
func judgeRecord(record []byte, first bool) ([]parterre.Identifier, int) {
	switch {
	case bytes.Equal(record, tooLong) || len(record) > longestRecord:
		return nil, longRecord
	case !utf8.Valid(record):
		return nil, brokenRecord
	}
	if user, host, is := bytes.Cut(record, []byte("@")); is {
		if ids := parseRecord(string(record)); ids != nil && len(user) > 0 && len(host) > 0 {
			return ids, 0
		}
		return nil, invalidEmail
	}
	// Nearly every advertising id and digest has a digit; the head of a column has none.
	if ids := parseRecord(string(record)); ids != nil && (!first || bytes.ContainsAny(record, "0123456789")) {
		return ids, 0
	}
	return nil, invalidRecord
}

// reasonsOf are the reasons in the order of their codes.
func reasonsOf(counts map[int]int) (all []parterre.UploadError) {
	for _, r := range []parterre.UploadError{
		{Code: invalidEmail, Message: "Invalid email"},
		{Code: invalidRecord, Message: "Neither an email, a mobile advertising id nor a digest"},
		{Code: longRecord, Message: "Too long"},
		{Code: brokenRecord, Message: "Not UTF-8"},
	} {
		if r.Count = counts[r.Code]; r.Count > 0 {
			all = append(all, r)
		}
	}
	return all
}
