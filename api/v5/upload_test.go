package v5_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// upload is an upload as it is answered.
type upload struct {
	ID, State, Operation string
	Records              *struct{ Processed, Valid, Invalid int } `json:"record_counts"`
	Errors               []struct {
		Code    int `json:"error_code"`
		Message string
		Count   int
	} `json:"error_counts"`
}

// uploading is an upload that was begun.
type uploading struct {
	*service
	list, id string
	urls     []string
}

// path is where the upload is read.
func (u *uploading) path() string {
	return inAccount + "/customer_lists/" + u.list + "/uploads/" + u.id
}

// upload begins an upload to a customer list.
func (s *service) upload(t *testing.T, list, operation string, parts int) *uploading {
	t.Helper()
	made := as[struct {
		Upload upload `json:"customer_list_upload"`
		Data   struct {
			Parts []struct {
				Number int    `json:"part_number"`
				URL    string `json:"presigned_url"`
			} `json:"file_parts"`
		} `json:"s3_multipart_upload_data"`
	}](t, s.call(t, http.MethodPost, inAccount+"/customer_lists/"+list+"/uploads",
		fmt.Sprintf(`{"operation":%q,"total_parts":%d}`, operation, parts)))
	if made.Upload.State != "NOT_STARTED" || made.Upload.Operation != operation || len(made.Data.Parts) != parts {
		t.Fatalf("the upload begins as %+v", made)
	}
	u := &uploading{service: s, list: list, id: made.Upload.ID}
	for i, p := range made.Data.Parts {
		if p.Number != i+1 {
			t.Errorf("part %d is number %d", i+1, p.Number)
		}
		u.urls = append(u.urls, p.URL)
	}
	return u
}

// put puts a part, without a token.
func (u *uploading) put(t *testing.T, address string, body io.Reader) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, body)
	if err != nil {
		t.Fatal(err)
	}
	return u.exchange(t, r)
}

func (u *uploading) mustPut(t *testing.T, part int, body []byte) {
	t.Helper()
	if a := u.put(t, u.urls[part-1], bytes.NewReader(body)); a.status != http.StatusOK || len(a.header.Get("ETag")) != 34 {
		t.Fatalf("part %d is answered %d with ETag %s: %s", part, a.status, a.header.Get("ETag"), a.body)
	}
}

func (u *uploading) run(t *testing.T) upload {
	t.Helper()
	return as[upload](t, u.call(t, http.MethodPost, u.path()+"/run", ""))
}

// ended waits until the upload has ended.
func (u *uploading) ended(t *testing.T) (got upload) {
	t.Helper()
	eventually(t, "the upload ends", func() bool {
		got = as[upload](t, u.call(t, http.MethodGet, u.path(), ""))
		return got.State == "SUCCEEDED" || got.State == "FAILED"
	})
	return got
}

// readers are so many records, from the number on.
func readers(from, n int, separator string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "reader%d@example.com%s", from+i, separator)
	}
	return b.String()
}

// aList makes a customer list with one record.
func (s *service) aList(t *testing.T) string {
	t.Helper()
	return as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/customer_lists",
		`{"name":"L","records":"reader0@example.com"}`)).ID
}

type counters struct {
	Status                     string
	Batches, Uploaded, Removed int
}

func (s *service) counters(t *testing.T, list string) counters {
	t.Helper()
	l := as[struct {
		Status   string
		Batches  int `json:"num_batches"`
		Uploaded int `json:"num_uploaded_user_records"`
		Removed  int `json:"num_removed_user_records"`
	}](t, s.call(t, http.MethodGet, inAccount+"/customer_lists/"+list, ""))
	return counters{l.Status, l.Batches, l.Uploaded, l.Removed}
}

func TestAnUploadAddsAndRemoves(t *testing.T) {
	s := start(t)
	list := s.aList(t)
	audience := as[struct{ ID string }](t, s.call(t, http.MethodPost, inAccount+"/audiences",
		`{"audience_type":"CUSTOMER_LIST","name":"A","rule":{"customer_list_id":"`+list+`"}}`)).ID
	size := func() int {
		return as[struct{ Size int }](t, s.call(t, http.MethodGet, inAccount+"/audiences/"+audience, "")).Size
	}

	// More than fits into a part: the border cuts a record, and one that is not valid has a letter of two bytes there.
	text := "\ufeffemail\n" + strings.Repeat("\n", 5<<20) + readers(0, 40_000, "\n") + strings.Repeat("é", 9) + "@\n"
	whole := []byte(text + readers(40_000, 20_000, ",\r\n") + `"quoted@example.com"` + "\n" + strings.Repeat("x", 10_000) + "\n\xff\xfe@example.com\nnot an address")
	border := len(text) - 11 // inside a letter
	u := s.upload(t, list, "ADD", 2)
	u.mustPut(t, 2, whole[border:])
	u.mustPut(t, 1, []byte("this part is put again"))
	u.mustPut(t, 1, whole[:border])
	if got := u.run(t); got.State != "RUNNING" && got.State != "SUCCEEDED" {
		t.Fatalf("it runs as %+v", got)
	}
	got := u.ended(t)
	if got.State != "SUCCEEDED" || got.Records.Processed != 60_006 || got.Records.Valid != 60_001 || got.Records.Invalid != 5 {
		t.Errorf("it ended as %+v, %+v", got, got.Records)
	}
	if want := "[{42 Invalid email 1} {43 Neither an email, a mobile advertising id nor a digest 2} {44 Too long 1} {45 Not UTF-8 1}]"; fmt.Sprint(got.Errors) != want {
		t.Errorf("the errors are %v, want %s", got.Errors, want)
	}
	if got, want := s.counters(t, list), (counters{"READY", 2, 60_007, 0}); got != want {
		t.Errorf("the list is %+v, want %+v", got, want)
	}
	eventually(t, "the audience has everybody", func() bool { return size() == 60_001 })

	u = s.upload(t, list, "REMOVE", 1)
	u.mustPut(t, 1, []byte(readers(100, 60_000, "\n")))
	u.run(t)
	if got := u.ended(t); got.State != "SUCCEEDED" || got.Records.Processed != 60_000 {
		t.Errorf("it ended as %+v, %+v", got, got.Records)
	}
	if got, want := s.counters(t, list), (counters{"READY", 3, 60_007, 60_000}); got != want {
		t.Errorf("the list is %+v, want %+v", got, want)
	}
	if got := size(); got != 101 {
		t.Errorf("the audience has %d, want 101", got)
	}
}

func TestUploadsAreUploadingWhileTheyAreRead(t *testing.T) {
	s := start(t)
	list := s.aList(t)
	s.settle(t)
	u := s.upload(t, list, "ADD", 1)
	u.mustPut(t, 1, []byte(readers(0, 30_000, "\n")))
	u.run(t)
	if got := s.counters(t, list); got.Status != "UPLOADING" {
		t.Errorf("the list is %+v", got)
	}
	u.ended(t)
	if got := s.counters(t, list); got.Status != "READY" {
		t.Errorf("the list is %+v", got)
	}
}

func TestAnUploadThatIsNotWhole(t *testing.T) {
	s := start(t)
	list := s.aList(t)
	small := bytes.Repeat([]byte("a@example.com\n"), 10)
	large := bytes.Repeat([]byte("a@example.com\n"), 400_000)
	for name, tt := range map[string]struct {
		parts  map[int][]byte
		reason string
	}{
		"none is there":         {nil, "[{1 Part 1 is missing 1} {1 Part 2 is missing 1}]"},
		"the last is not there": {map[int][]byte{1: large}, "[{1 Part 2 is missing 1}]"},
		"the first is small":    {map[int][]byte{1: small, 2: small}, "[{2 Part 1 has 140 bytes, and every part but the last needs 5242880 1}]"},
	} {
		t.Run(name, func(t *testing.T) {
			u := s.upload(t, list, "ADD", 2)
			for n, body := range tt.parts {
				u.mustPut(t, n, body)
			}
			if got := u.run(t); got.State != "FAILED" || fmt.Sprint(got.Errors) != tt.reason || got.Records != nil {
				t.Errorf("it runs as %+v", got)
			}
			s.refuse(t, http.MethodPost, u.path()+"/run", "", 400, 400, "once")
		})
	}
	t.Run("no record is valid", func(t *testing.T) {
		u := s.upload(t, list, "ADD", 1)
		u.mustPut(t, 1, []byte("two words\nthree more words\n"))
		u.run(t)
		got := u.ended(t)
		if got.State != "FAILED" || !strings.Contains(fmt.Sprint(got.Errors), "No record is valid") || got.Records.Invalid != 2 {
			t.Errorf("it ended as %+v, %+v", got, got.Records)
		}
	})
}

func TestPartsArePutWhereTheyWereSaid(t *testing.T) {
	s := start(t)
	u := s.upload(t, s.aList(t), "ADD", 2)
	url := u.urls[0]
	for name, tt := range map[string]struct {
		address string
		status  int
		code    int
		word    string
	}{
		"no signature":               {strings.Split(url, "?")[0], 403, 29, "signature"},
		"a wrong signature":          {url[:len(url)-1] + "x", 403, 29, "signature"},
		"the signature of another":   {strings.Replace(url, "/1?", "/2?", 1), 403, 29, "signature"},
		"an end that was put off":    {strings.Replace(url, "expires=", "expires=9", 1), 403, 29, "signature"},
		"a part that was not signed": {strings.Replace(url, "/1?", "/3?", 1), 403, 29, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, u.put(t, tt.address, strings.NewReader("a@example.com")), tt.status, tt.code, tt.word)
		})
	}
	t.Run("an empty part", func(t *testing.T) {
		refused(t, u.put(t, url, http.NoBody), 400, 1, "empty")
	})
	t.Run("another method", func(t *testing.T) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, s.exchange(t, r), 405, 5, "PUT")
	})
	t.Run("after a day", func(t *testing.T) {
		u.mustPut(t, 1, []byte("a@example.com"))
		s.clock.seconds.Add(24 * 3600)
		refused(t, u.put(t, url, strings.NewReader("a@example.com")), 403, 29, "ended")
		s.refuse(t, http.MethodPost, u.path()+"/run", "", 400, 400, "within a day")
		if got := as[upload](t, s.call(t, http.MethodGet, u.path(), "")); got.State != "FAILED" || len(got.Errors) != 1 {
			t.Errorf("the upload is %+v", got)
		}
	})
	t.Run("after it was run", func(t *testing.T) {
		u := s.upload(t, s.aList(t), "ADD", 1)
		u.mustPut(t, 1, []byte("a@example.com"))
		u.run(t)
		refused(t, u.put(t, u.urls[0], strings.NewReader("b@example.com")), 400, 400, "takes no more parts")
		s.refuse(t, http.MethodPost, u.path()+"/run", "", 400, 400, "once")
	})
}

func TestUploadsOfNothing(t *testing.T) {
	s := start(t)
	list := s.aList(t)
	in := inAccount + "/customer_lists/"
	s.refuse(t, http.MethodPost, in+"9/uploads", `{"operation":"ADD","total_parts":1}`, 404, 1001)
	s.refuse(t, http.MethodGet, in+list+"/uploads/9", "", 404, 404, "upload")
	s.refuse(t, http.MethodPost, in+list+"/uploads/9/run", "", 404, 404, "upload")
	for body, word := range map[string]string{
		`{}`: "operation", `{"operation":"ADD"}`: "total_parts", `{"operation":"add","total_parts":1}`: "operation",
		`{"operation":"ADD","total_parts":0}`: "total_parts", `{"operation":"ADD","total_parts":11}`: "1 to 10",
		`{"operation":"ADD","total_parts":1.5}`: "total_parts", `[]`: "object",
	} {
		s.refuse(t, http.MethodPost, in+list+"/uploads", body, 400, 1, word)
	}
	other := s.aList(t)
	u := s.upload(t, list, "ADD", 1)
	s.refuse(t, http.MethodGet, in+other+"/uploads/"+u.id, "", 404, 404)
}

func TestPartsThatBreakOffLeaveNothing(t *testing.T) {
	s := startIn(t, t.TempDir())
	u := s.upload(t, s.aList(t), "ADD", 1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, u.urls[0], io.MultiReader(strings.NewReader("a@example.com,"), breaks{}))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 100
	if res, err := client.Do(r); err == nil {
		res.Body.Close()
		t.Fatalf("the answer is %d", res.StatusCode)
	}
	left := func() (files []string) {
		files, _ = filepath.Glob(filepath.Join(s.data, "uploads", "*", "*"))
		hidden, _ := filepath.Glob(filepath.Join(s.data, "uploads", "*", ".*"))
		return append(files, hidden...)
	}
	eventually(t, "nothing is left", func() bool { return len(left()) == 0 })
	if got := u.run(t); got.State != "FAILED" {
		t.Errorf("it runs as %+v", got)
	}
	t.Run("and what was left by a crash or never run goes at a start", func(t *testing.T) {
		u := s.upload(t, s.aList(t), "ADD", 1)
		u.mustPut(t, 1, []byte("a@example.com"))
		stray := filepath.Join(s.data, "uploads", "12345")
		if err := os.Mkdir(stray, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(left()[0]), ".part-9"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.reopen(t)
		eventually(t, "the strays are gone", func() bool {
			_, err := os.Stat(stray)
			return os.IsNotExist(err) && len(left()) == 1
		})
		s.clock.seconds.Add(24 * 3600)
		s.reopen(t)
		eventually(t, "nothing is left", func() bool { return len(left()) == 0 })
	})
}

// breaks is a body that breaks off.
type breaks struct{}

func (breaks) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTenPartsAreTakenAtOnce(t *testing.T) {
	s := start(t)
	u := s.upload(t, s.aList(t), "ADD", 10)
	var all sync.WaitGroup
	for n := 1; n <= 10; n++ {
		all.Go(func() {
			part := readers(n*1_000_000, 1, "\n") + strings.Repeat("\n", 5<<20)
			if a := u.put(t, u.urls[n-1], strings.NewReader(part)); a.status != http.StatusOK {
				t.Errorf("part %d is answered %d: %s", n, a.status, a.body)
			}
		})
	}
	all.Wait()
	u.run(t)
	if got := u.ended(t); got.State != "SUCCEEDED" || got.Records.Valid != 10 {
		t.Errorf("it ended as %+v, %+v", got, got.Records)
	}
}

func TestAWipedListEndsItsUploads(t *testing.T) {
	s := start(t)
	u := s.upload(t, s.aList(t), "ADD", 1)
	u.mustPut(t, 1, []byte(readers(0, 100_000, "\n")))
	u.run(t)
	s.callBeyond(t, http.MethodDelete, inAccount+"/sandbox", "")
	s.settle(t)
	s.refuse(t, http.MethodGet, u.path(), "", 404, 1001)
}
