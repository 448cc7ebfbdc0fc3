package client_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/parterre/parterre/client"
)

func TestNDJSON(t *testing.T) {
	people := []client.Person{{ExternalID: "u1", Emails: []string{"<a>@b.example"}}, {MAIDs: []string{"m"}, Country: "US"}}
	const want = `{"external_id":"u1","emails":["<a>@b.example"]}` + "\n" + `{"maids":["m"],"country":"US"}` + "\n"
	t.Run("a value is a line", func(t *testing.T) {
		if err := iotest.TestReader(client.NDJSON(slices.Values(people)), []byte(want)); err != nil {
			t.Error(err)
		}
	})
	t.Run("an event of an import is one flat object", func(t *testing.T) {
		e := client.ImportEvent{Event: client.Event{EventName: "search", EventTime: 1}, ConversionTagID: "5"}
		got, err := io.ReadAll(client.NDJSON(slices.Values([]client.ImportEvent{e})))
		const want = `{"event_name":"search","action_source":"","event_time":1,"event_id":"","user_data":{},` +
			`"ad_account_id":"","conversion_tag_id":"5"}` + "\n"
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	})
	t.Run("values are made as they are read", func(t *testing.T) {
		made := 0
		r := client.NDJSON(func(yield func(string) bool) {
			for yield(strings.Repeat("x", 1000)) {
				made++
			}
		})
		if _, err := r.Read(make([]byte, 10)); err != nil || made > 100 {
			t.Errorf("%d values were made for ten bytes, error %v", made, err)
		}
		if err := errors.Join(r.Close(), r.Close()); err != nil {
			t.Error(err)
		}
		if _, err := r.Read(make([]byte, 10)); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("got %v after the end, want fs.ErrClosed", err)
		}
	})
	t.Run("a value that cannot be written is an error", func(t *testing.T) {
		got, err := io.ReadAll(client.NDJSON(slices.Values([]any{1, func() {}, 2})))
		if string(got) != "1\n" || err == nil {
			t.Errorf("got %q and %v, want the first value and an error", got, err)
		}
	})
	t.Run("an import that is cut short ends the sequence", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
		}))
		defer srv.Close()
		ended := make(chan struct{})
		endless := func(yield func(client.Person) bool) {
			defer close(ended)
			for yield(client.Person{ExternalID: "u1"}) {
			}
		}
		if _, err := connect(t, srv.URL, nil).ImportPeople(t.Context(), client.NDJSON(endless)); err == nil {
			t.Error("no error")
		}
		<-ended
	})
}
