package main_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parterre/parterre/client"
)

// smallDisk mounts a file system of so many MiB, which ends with the test.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		t.Skipf("mounting a file system is not allowed here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// free is how much room a file system has, in bytes.
func free(t *testing.T, dir string) int64 {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	return int64(s.Bavail) * s.Bsize
}

// fill takes room away until so much is left.
func fill(t *testing.T, dir string, left int64) (ballast string) {
	t.Helper()
	ballast = filepath.Join(dir, fmt.Sprintf("ballast%d", rand.Uint64()))
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for some := make([]byte, 4096); free(t, dir) > left; {
		if _, err := f.Write(some); err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				return ballast
			}
			t.Fatal(err)
		}
	}
	return ballast
}

// visits sends a thousand events of new visitors, on pages with long addresses, and says who they are.
func visits(t *testing.T, s *service, round int) (who []string, err error) {
	t.Helper()
	events := make([]client.Event, 1000)
	page := make([]byte, 3000) // chance, which no table makes smaller
	source := rand.NewChaCha8([32]byte{byte(round), byte(round >> 8)})
	for i := range events {
		_, _ = source.Read(page)
		name := email(fmt.Sprintf("full%d-", round), i)
		who = append(who, name)
		events[i] = client.Event{
			EventName: "page_visit", ActionSource: "web", EventTime: time.Now().Unix(), EventID: name,
			EventSourceURL: fmt.Sprintf("https://shop.example/%x", page),
			UserData:       client.UserData{Emails: []string{client.HashEmail(name)}},
		}
	}
	_, err = s.SendEvents(t.Context(), account, events, false)
	return who, err
}

// isFull says whether an error is the refusal of a write for want of room.
func isFull(err error) bool {
	e := (*client.Error)(nil)
	return errors.As(err, &e) && e.Status == http.StatusServiceUnavailable && e.Code == 507
}

// eventually waits for something that happens in a moment.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("in vain waited until %s", what)
}

// visitors makes the audience of everybody who comes.
func visitors(t *testing.T, s *service) client.Audience {
	t.Helper()
	tag, err := s.CreateConversionTag(t.Context(), account, client.ConversionTagCreate{Name: "Shop"})
	orFail(t, err)
	audience, err := s.CreateAudience(t.Context(), account, client.AudienceCreate{
		AudienceType: client.TypeVisitor, Name: "Visitors", Rule: map[string]any{"visitor_source_id": tag.ID, "retention_days": 30},
	})
	orFail(t, err)
	_, err = s.WaitForAudience(t.Context(), account, audience.ID)
	orFail(t, err)
	return audience
}

// TestAFullDiskTurnsWritesAway fills the disk under a running service: by somebody else, by what it takes in itself, and to the
// last byte. Look-ups go on, writing goes on when there is room, and nothing that was acknowledged is lost.
func TestAFullDiskTurnsWritesAway(t *testing.T) {
	disk := smallDisk(t, 112)
	args := []string{
		"--addr", "127.0.0.1:0", "--data", filepath.Join(disk, "data"), "--disk-reserve", "40MiB", "--memory-limit", "128MiB",
		"--rate-limits", "off",
	}
	s := serve(t, nil, args...)
	audience := visitors(t, s)
	acknowledged, err := visits(t, s, 0)
	orFail(t, err)

	looksUp := func(when string) {
		t.Helper()
		for _, who := range []string{acknowledged[0], acknowledged[len(acknowledged)-1]} {
			m, err := s.Memberships(t.Context(), client.Identifier{Email: who})
			if err != nil || len(m.AudienceIDs) != 1 {
				t.Errorf("%s, %s is in %v: %v", when, who, m.AudienceIDs, err)
			}
		}
		if a, err := s.Audience(t.Context(), account, audience.ID); err != nil || int(a.Size) < len(acknowledged) {
			t.Errorf("%s, the audience has %d members, want %d: %v", when, a.Size, len(acknowledged), err)
		}
	}

	ballast := fill(t, disk, 24<<20)
	eventually(t, "events are turned away", func() bool {
		who, err := visits(t, s, 1)
		if err == nil {
			acknowledged = append(acknowledged, who...)
		}
		return isFull(err)
	})
	_, err = s.CreateConversionTag(t.Context(), account, client.ConversionTagCreate{Name: "Another"})
	if !isFull(err) || !strings.Contains(err.Error(), "disk") {
		t.Errorf("a small write ends with %v", err)
	}
	looksUp("with somebody else's files on the disk")
	resp, err := http.Get(s.url + "/healthz")
	orFail(t, err)
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(text), "MiB left") {
		t.Errorf("healthz answers %d %q: %v", resp.StatusCode, text, err)
	}

	orFail(t, os.Remove(ballast))
	eventually(t, "events are taken again", func() bool {
		who, err := visits(t, s, 2)
		if err == nil {
			acknowledged = append(acknowledged, who...)
		}
		return err == nil
	})
	round := 3
	for ; ; round++ {
		who, err := visits(t, s, round)
		if isFull(err) {
			break
		}
		orFail(t, err)
		acknowledged = append(acknowledged, who...)
	}
	t.Logf("%d events were acknowledged until the disk was full, with %d MiB left", len(acknowledged), free(t, disk)>>20)
	looksUp("with a disk that it filled itself")

	ballast = fill(t, disk, 0)
	looksUp("without a byte left")
	s.kill(t)
	orFail(t, os.Remove(ballast))
	args[5] = "1MiB"
	s = serve(t, nil, args...)
	looksUp("after the crash")
	for i := 0; i < len(acknowledged); i += 7 {
		who := acknowledged[i]
		m, err := s.Memberships(t.Context(), client.Identifier{Email: who})
		if err != nil || len(m.AudienceIDs) != 1 {
			t.Fatalf("%s was acknowledged, and is in %v: %v", who, m.AudienceIDs, err)
		}
	}
	if _, err := visits(t, s, round+1); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
