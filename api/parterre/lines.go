package parterre

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/parterre/parterre"
)

const (
	longestLine  = 1 << 20 // bytes
	linesAtOnce  = 1000    // how many lines are taken in together,
	bytesAtOnce  = 4 << 20 // unless they are this large before
	rejectedMost = 1000    // how many rejected lines an answer names
)

// imported is the answer to an import.
type imported struct {
	Received int        `json:"received"` // lines that were not blank
	Accepted int        `json:"accepted"`
	Rejected []rejected `json:"rejected"` // the first thousand of them
}

type rejected struct {
	Line    int    `json:"line"` // counted from 1
	Message string `json:"message"`
}

// importLines reads lines, decodes each, and has them taken in, a batch at a time. A line that decode refuses is rejected
// and the others go on; an error of take ends the import.
func importLines[T any](
	ctx context.Context, body io.Reader, decode func(line []byte) (T, error), take func(context.Context, []T) error,
) (any, error) {
	answer := imported{Rejected: []rejected{}}
	reject := func(line int, err error) {
		if e := (*parterre.Error)(nil); errors.As(err, &e) && len(answer.Rejected) < rejectedMost {
			answer.Rejected = append(answer.Rejected, rejected{line, e.Public})
		}
	}
	var batch []T
	held := 0 // bytes of the lines in the batch
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := take(ctx, batch); err != nil {
			return err
		}
		answer.Accepted += len(batch)
		batch, held = batch[:0], 0
		return nil
	}
	in := bufio.NewReaderSize(body, longestLine+1) // with its end
	for number := 1; ; number++ {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			err := flush()
			return answer, err
		}
		if refused := (*parterre.Error)(nil); err != nil && !errors.As(err, &refused) {
			return nil, &parterre.Error{Code: parterre.InvalidRequest, Public: fmt.Sprintf(
				"The request body could not be read beyond line %d", number-1), Err: err}
		}
		if err == nil && len(line) == 0 {
			continue
		}
		answer.Received++
		var one T
		if err == nil {
			one, err = decode(line)
		}
		switch {
		case err == nil:
			batch, held = append(batch, one), held+len(line)
		case parterre.CodeOf(err) == parterre.Internal:
			return nil, err
		default:
			reject(number, err)
		}
		if len(batch) >= linesAtOnce || held >= bytesAtOnce {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
}

// readLine reads a line without its end and the space around it; io.EOF when there is no more. A line that is too long is
// skipped and refused, and one that is not text is refused. The line is valid until the next call.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	long := errors.Is(err, bufio.ErrBufferFull)
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	switch {
	case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0):
		return nil, err
	case long || len(line) > longestLine && line[longestLine] != '\n':
		return nil, parterre.Invalid("", "the line is too long: at most %d bytes are allowed", longestLine)
	case !utf8.Valid(line):
		return nil, parterre.Invalid("", "the line is not valid JSON: all of it must be UTF-8")
	}
	return bytes.TrimSpace(line), nil
}
