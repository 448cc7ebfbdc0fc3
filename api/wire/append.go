package wire

import (
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/parterre/parterre"
)

// Appender is an answer that writes itself: what is asked for so often that finding out its shape each time would be felt.
// What it appends is compact JSON, the same that encoding/json would write.
type Appender interface {
	AppendJSON(dst []byte) []byte
}

// largestKept is how large a buffer may have grown to be used again, in bytes.
const largestKept = 1 << 20

// buffers are those in which bodies are read and answers are put together.
type buffers struct{ pool sync.Pool }

// take gives an empty buffer, which give gets back.
func (b *buffers) take() *[]byte {
	if buffer, is := b.pool.Get().(*[]byte); is {
		*buffer = (*buffer)[:0]
		return buffer
	}
	return new([]byte)
}

func (b *buffers) give(buffer *[]byte) {
	if cap(*buffer) <= largestKept {
		b.pool.Put(buffer)
	}
}

// AppendID appends an id as JSON has it.
func AppendID(dst []byte, id parterre.ID) []byte {
	return append(strconv.AppendInt(append(dst, '"'), int64(id), 10), '"')
}

// AppendText appends a string as JSON has it, as encoding/json writes it without the escapes for HTML.
func AppendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				if r != '\u2028' && r != '\u2029' { // which scripts take for the ends of lines
					i += size
					continue
				}
			}
			dst = append(dst, s[start:i]...)
			if r == utf8.RuneError {
				dst = append(dst, `\ufffd`...)
			} else {
				dst = append(dst, `\u202`...)
				dst = append(dst, "89"[r&1])
			}
			i += size
			start = i
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = appendEscaped(append(dst, s[start:i]...), c)
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscaped(dst []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	default:
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
}
