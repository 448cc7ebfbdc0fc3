package parterre_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parterre/parterre/client"
)

func person(name string) string { return fmt.Sprintf(`{"external_id":%q}`, name) }

func TestLines(t *testing.T) {
	const longest = 1 << 20
	s := start(t)
	pad := func(size int) string { // a line of that many bytes
		line := person("padded")
		return line[:len(line)-1] + strings.Repeat(" ", size-len(line)) + "}"
	}
	bad := func(line int, message string) client.Rejection { return client.Rejection{Line: line, Message: message} }
	const tooLong = "the line is too long: at most 1048576 bytes are allowed"
	const notJSON = "Invalid request: the body is not valid JSON"
	for _, tt := range []struct {
		name, body         string
		received, accepted int
		rejected           []client.Rejection
	}{
		{"nothing", "", 0, 0, nil},
		{"blank lines alone", "\n\r\n \t\n\n", 0, 0, nil},
		{"one line", person("a") + "\n", 1, 1, nil},
		{"no line break at the end", person("a") + "\n" + person("b"), 2, 2, nil},
		{"carriage returns", person("a") + "\r\n" + person("b") + "\r\n", 2, 2, nil},
		{"a carriage return at the end", person("a") + "\r", 1, 1, nil},
		{"space around", "  " + person("a") + "\t\n", 1, 1, nil},
		{
			"blank lines between", "\n" + person("a") + "\n\n\r\nx\n" + person("b") + "\n\n", 3, 2,
			[]client.Rejection{bad(5, notJSON)},
		},
		{
			"wrong lines between good ones", "x\n" + person("a") + "\ny\n", 3, 1,
			[]client.Rejection{bad(1, notJSON), bad(3, notJSON)},
		},
		{"a wrong line at the end", person("a") + "\n{", 2, 1, []client.Rejection{bad(2, notJSON)}},
		{"the longest line", pad(longest) + "\n" + person("a"), 2, 2, nil},
		{"the longest line at the end", person("a") + "\n" + pad(longest), 2, 2, nil},
		{"a line that is a byte too long", pad(longest+1) + "\n" + person("a"), 2, 1, []client.Rejection{bad(1, tooLong)}},
		{"one at the end", person("a") + "\n" + pad(longest+1), 2, 1, []client.Rejection{bad(2, tooLong)}},
		{
			"a line that is much too long", person("a") + "\n" + pad(5*longest+77) + "\n" + person("b"), 3, 2,
			[]client.Rejection{bad(2, tooLong)},
		},
		{"a long blank line", strings.Repeat(" ", longest) + "\n" + person("a"), 1, 1, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := client.ImportResult{Received: tt.received, Accepted: tt.accepted, Rejected: tt.rejected}
			if want.Rejected == nil {
				want.Rejected = []client.Rejection{}
			}
			if diff := cmp.Diff(want, s.imports(t, "people", tt.body)); diff != "" {
				t.Errorf("the answer is not as wanted (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("no more than a thousand rejected lines are named", func(t *testing.T) {
		got := s.imports(t, "people", strings.Repeat("x\n", 1500)+person("a"))
		if got.Received != 1501 || got.Accepted != 1 || len(got.Rejected) != 1000 || got.Rejected[999].Line != 1000 {
			t.Errorf("of %d lines %d were accepted and %d named", got.Received, got.Accepted, len(got.Rejected))
		}
	})
	t.Run("lines beyond a batch are all taken in", func(t *testing.T) {
		var lines []string
		for i := range 2500 {
			lines = append(lines, person(strconv.Itoa(i)))
		}
		s.accept(t, "people", lines...)
	})
}

// An import is taken in while it is still being sent.
func TestAnImportIsStreamed(t *testing.T) {
	s := start(t)
	id := s.audience(t, client.TypeEngagement, `{"engager_type":1}`)
	more := fmt.Sprintf(`,"ad_account_id":%q`, s.AdAccount)
	body, w := io.Pipe()
	done := make(chan answer, 1)
	go func() { done <- s.send(t, http.MethodPost, "engagements", body) }()
	sent := 0
	line := func() {
		sent++
		if _, err := fmt.Fprintln(w, engagement(fmt.Sprintf(`"external_id":"%d"`, sent), more)); err != nil {
			t.Errorf("send line %d: %v", sent, err)
		}
	}
	for range 1500 {
		line()
	}
	eventually(t, "the first line is taken in", func() bool { return slices.Contains(s.in(t, "external_id=1"), id) })
	select {
	case a := <-done:
		t.Fatalf("the import is answered before its end: %s", a.body)
	default:
	}
	for range 10 {
		line()
	}
	w.Close()
	if got := as[client.ImportResult](t, <-done); got.Received != sent || got.Accepted != sent {
		t.Errorf("of %d lines %d were accepted", sent, got.Accepted)
	}
	s.member(t, id, fmt.Sprintf("external_id=%d", sent), true)
}

// However long an import is, no more of it is in memory than a batch.
func TestALongImportNeedsLittleMemory(t *testing.T) {
	const lines, width = 200_000, 400 // 80 megabytes
	s := start(t)
	line := person("me")
	line += strings.Repeat(" ", width-len(line)-1) + "\n"
	many := strings.Repeat(line, 500)
	body, w := io.Pipe()
	done := make(chan answer, 1)
	go func() { done <- s.send(t, http.MethodPost, "people", body) }()
	before, most := heap(), uint64(0)
	for i := range lines / 500 {
		if _, err := io.WriteString(w, many); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			most = max(most, heap())
		}
	}
	w.Close()
	if got := as[client.ImportResult](t, <-done); got.Accepted != lines {
		t.Errorf("%d lines were accepted", got.Accepted)
	}
	if limit := before + lines*width/4; most > limit {
		t.Errorf("the heap grew from %d to %d bytes while %d were sent", before, most, lines*width)
	}
}

// heap is how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Of an import that breaks off, whole batches are taken in; the line that was cut is not.
func TestAnImportThatBreaksOff(t *testing.T) {
	s := start(t)
	id := s.audience(t, client.TypeEngagement, `{"engager_type":1}`)
	var body strings.Builder
	for i := range 1000 {
		fmt.Fprintln(&body, engagement(fmt.Sprintf(`"external_id":"%d"`, i), fmt.Sprintf(`,"ad_account_id":%q`, s.AdAccount)))
	}
	whole := engagement(`"external_id":"cut"`, fmt.Sprintf(`,"ad_account_id":%q`, s.AdAccount))
	body.WriteString(whole) // it could be one, but nobody knows
	for name, header := range map[string]string{
		"before its length": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", body.Len()+1, body.String()),
		"between chunks":    fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", body.Len(), body.String()),
	} {
		t.Run(name, func(t *testing.T) {
			a := s.raw(t, "POST /parterre/v1/engagements HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+s.Token+"\r\n"+header)
			refused(t, a, http.StatusBadRequest, 1, "line 1000")
			s.member(t, id, "external_id=999", true)
			s.member(t, id, "external_id=cut", false)
		})
	}
	t.Run("and sending the whole again does no harm", func(t *testing.T) {
		if got := s.imports(t, "engagements", body.String()); got.Accepted != 1001 {
			t.Errorf("%d were accepted", got.Accepted)
		}
		if n := s.size(t, id); n != 1001 {
			t.Errorf("the audience has %d members", n)
		}
	})
}

// raw sends bytes as they are, ends its half of the connection, and gives the answer.
func (s service) raw(t *testing.T, request string) answer {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, body}
}
