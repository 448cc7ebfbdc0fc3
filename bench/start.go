package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/parterre/parterre/client"
)

// startFigures are those of starting: from the beginning of a process to its first answer, and what it takes when it is at rest.
type startFigures struct {
	Size       size    `json:"size"`
	Empty      float64 `json:"empty_ms"`
	Full       float64 `json:"full_ms"`
	EmptyIdle  float64 `json:"empty_resident_megabytes"`
	FullIdle   float64 `json:"full_resident_megabytes"`
	FullAfter  float64 `json:"full_resident_megabytes_after_lookups"`
	DiskMBytes float64 `json:"disk_megabytes"`
}

const starts = 5 // of which the median counts

// started is what a process that was started says of itself, a line each time.
type started struct {
	Audiences []string `json:"audiences"` // of the person who was asked for
	Idle      float64  `json:"idle"`      // resident megabytes a moment after the answer
	After     float64  `json:"after"`     // and after many look-ups
}

// startOne is what a process does that START starts: it starts the service over a folder, answers one question in the way of a
// client, and says what came out. It ends when its input does.
func startOne(args []string) error {
	ctx := context.Background()
	s := (&bench{}).serviceIn(args[0])
	if err := s.open(ctx); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	answer, err := s.client.Memberships(ctx, client.Identifier{HashedEmail: args[1]})
	if err != nil {
		return err
	}
	said := started{Audiences: answer.AudienceIDs}
	if err := out.Encode(said); err != nil {
		return err
	}
	time.Sleep(time.Second)
	said.Idle = residentMegabytes()
	for i := range 20_000 {
		if _, err := s.client.Memberships(ctx, client.Identifier{HashedEmail: hashed(i)}); err != nil {
			return err
		}
	}
	said.After = residentMegabytes()
	if err := out.Encode(said); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close(ctx))
}

// startIn starts a process over the folder of a service that is closed, and measures it until it has answered.
func (s *service) startIn(ctx context.Context, email string) (took time.Duration, first, last started, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, first, last, err
	}
	cmd := exec.CommandContext(ctx, self, startCommand, s.folder, email)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, first, last, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, first, last, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, first, last, err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	took = time.Since(begun)
	if err == nil {
		err = json.Unmarshal(line, &first)
	}
	if err == nil {
		if line, err = lines.ReadBytes('\n'); err == nil {
			err = json.Unmarshal(line, &last)
		}
	}
	return took, first, last, errors.Join(err, in.Close(), cmd.Wait())
}

// startSeveral takes the medians of several starts, which must all give the same answer.
func (s *service) startSeveral(ctx context.Context, email string, want []string) (took, idle, after float64, err error) {
	var tooks, idles, afters []float64
	for range starts {
		took, first, last, err := s.startIn(ctx, email)
		if err != nil {
			return 0, 0, 0, fmt.Errorf("start: %w", err)
		}
		if !slices.Equal(first.Audiences, want) {
			return 0, 0, 0, fmt.Errorf("the first answer is %v, and before the start it was %v", first.Audiences, want)
		}
		tooks, idles, afters = append(tooks, ms(took)), append(idles, last.Idle), append(afters, last.After)
	}
	for _, list := range [][]float64{tooks, idles, afters} {
		slices.Sort(list)
	}
	return tooks[starts/2], idles[starts/2], afters[starts/2], nil
}

// somebody makes some audiences, and finds a person who is in one of them.
func (s *service) somebody(ctx context.Context, w *world) (in []string, email string, err error) {
	const few = 8
	for i := range few {
		a, err := s.client.CreateAudience(ctx, s.account.String(), client.AudienceCreate{
			AudienceType: client.TypeVisitor, Name: fmt.Sprintf("audience %d", i), Rule: json.RawMessage(s.someRule(w, i)),
		})
		if err == nil {
			_, err = s.client.WaitForAudience(ctx, s.account.String(), a.ID)
		}
		if err != nil {
			return nil, "", err
		}
	}
	for i := range w.size.Persons {
		email := hashed(i)
		m, err := s.client.Memberships(ctx, client.Identifier{HashedEmail: email})
		if err != nil || len(m.AudienceIDs) > 0 {
			return m.AudienceIDs, email, err
		}
	}
	return nil, "", errors.New("nobody is in an audience: more events are needed")
}

// start measures processes of their own, from their beginning on.
func start(ctx context.Context, b *bench) (_ any, err error) {
	f := startFigures{Size: b.size}
	empty, err := b.newService(ctx)
	if err != nil {
		return nil, err
	}
	if err := empty.Close(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(empty.folder)) }()
	if f.Empty, f.EmptyIdle, _, err = empty.startSeveral(ctx, hashed(0), nil); err != nil {
		return nil, err
	}
	w := newWorld(b.size, b.seed)
	s, err := b.loaded(ctx, w)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.folder)) }()
	want, email, err := s.somebody(ctx, w)
	if err := errors.Join(err, s.Close(ctx)); err != nil {
		return nil, err
	}
	if f.Full, f.FullIdle, f.FullAfter, err = s.startSeveral(ctx, email, want); err != nil {
		return nil, err
	}
	n, err := diskBytes(s.folder)
	f.DiskMBytes = float64(n) / (1 << 20)
	b.table("empty ms|full ms|empty MB|full MB|after look-ups MB|disk MB", [][]any{{f.Empty, f.Full, f.EmptyIdle, f.FullIdle, f.FullAfter, f.DiskMBytes}})
	return f, err
}
