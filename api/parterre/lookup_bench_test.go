package parterre_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parterre/parterre"
	ownapi "github.com/parterre/parterre/api/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/audiences"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/catalog/sqlcatalog"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/lsmindex"
	"github.com/parterre/parterre/oauth"
	"github.com/parterre/parterre/ratelimit"
)

// sink is where an answer goes that nobody reads.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

// handler is the API over stores on the disk, without a connection, for the token "bench". One person is there, external_id=me.
func handler(b *testing.B) http.Handler {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	rows, err := sqlcatalog.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "catalog.db"))
	must(err)
	c := catalog.New(rows, time.Now)
	rolls, err := lsmindex.Open(vfs.NewMem(), "", lsmindex.Options{Log: slog.New(slog.DiscardHandler)})
	must(err)
	ix, err := index.New(b.Context(), rolls, index.Options{})
	must(err)
	service, err := audiences.New(b.Context(), audiences.Options{Catalog: c, Index: ix})
	must(err)
	b.Cleanup(func() {
		_ = service.Close(b.Context())
		_ = ix.Close()
		_ = c.Close()
	})
	tokens := oauth.New(c, time.Now)
	must(tokens.Set(b.Context(), "bench", oauth.Grant{User: 1, Scopes: []parterre.Scope{parterre.ScopeOperator}}))
	must(ix.Import(b.Context(), []parterre.Person{{Who: []parterre.Identifier{parterre.ByExternalID("me")}}}))
	routes := ownapi.New(ownapi.Options{Service: service, Now: time.Now}).Routes()
	return wire.NewServer(tokens, service, ratelimit.New(nil, time.Now), slog.New(slog.DiscardHandler), routes...)
}

func serveOnce(b *testing.B, h http.Handler, r *http.Request) {
	b.Helper()
	r.Header.Set("Authorization", "Bearer bench")
	s := sink{header: http.Header{}}
	if h.ServeHTTP(&s, r); s.status != http.StatusOK {
		b.Fatalf("the answer is %d", s.status)
	}
}

// BenchmarkLookup is a look-up of one person, from the request that was read to the answer that was written.
func BenchmarkLookup(b *testing.B) {
	h := handler(b)
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/parterre/v1/memberships?external_id=me", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		serveOnce(b, h, r)
	}
}

// BenchmarkLookupOfAThousand is a look-up of a thousand persons.
func BenchmarkLookupOfAThousand(b *testing.B) {
	h := handler(b)
	var body bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&body, `%c{"external_id":"me"}`, "[,"[min(i, 1)])
	}
	body.WriteByte(']')
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/parterre/v1/memberships", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
		r.ContentLength = int64(body.Len())
		serveOnce(b, h, r)
	}
}
