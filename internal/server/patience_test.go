package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parterre/parterre/internal/server"
)

func TestACallerWhoNeverSendsTheBodyIsNotWaitedFor(t *testing.T) {
	s, err := server.Build(t.Context(), server.Config{
		Addr: "127.0.0.1:0", Data: server.Memory, Patience: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	const known, stranger = "Authorization: Bearer %s\r\n", ""
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	tests := map[string]struct {
		request, header string
		status          int
	}{
		"a stranger":                      {"POST /v5/ad_accounts", stranger, http.StatusUnauthorized},
		"a path that names nothing":       {"POST /v5/nothing", stranger, http.StatusNotFound},
		"a method that is not served":     {"DELETE /v5/ad_accounts", stranger, http.StatusMethodNotAllowed},
		"health":                          {"GET /healthz", stranger, http.StatusOK},
		"a form of consent":               {"POST /oauth/", form, http.StatusBadRequest},
		"a part without a signature":      {"PUT /uploads/1/2/3/4", stranger, http.StatusForbidden},
		"a body of somebody who is known": {"POST /v5/ad_accounts", known, http.StatusBadRequest},
		"an import":                       {"POST /parterre/v1/people", known, http.StatusBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := strings.Replace(tt.header, "%s", s.Token, 1)
			status, closed := promise(t, s.URL, tt.request, header)
			if status != tt.status {
				t.Errorf("the status is %d, want %d", status, tt.status)
			}
			if !closed {
				t.Error("the connection stays open")
			}
		})
	}
}

// promise sends the head of a request with a body that never comes. It gives the status of the answer, and says whether the connection was
// closed after it.
func promise(t *testing.T, url, request, header string) (status int, closed bool) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n%s\r\n", request, header); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	_, err = in.ReadByte()
	return resp.StatusCode, errors.Is(err, io.EOF)
}
