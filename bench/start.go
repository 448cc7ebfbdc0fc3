package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/parterre/parterre/client"
)

// startFigures are those of starting.
type startFigures struct {
	Size       size    `json:"size"`
	Empty      float64 `json:"empty_ms"`
	Full       float64 `json:"full_ms"`
	EmptyIdle  float64 `json:"empty_resident_megabytes"`
	FullIdle   float64 `json:"full_resident_megabytes"`
	DiskMBytes float64 `json:"disk_megabytes"`
}

// somebody makes some audiences, and finds a person who is in one of them.
func (s *service) somebody(ctx context.Context, w *world) (in []string, who client.Identifier, err error) {
	const few = 8
	for i := range few {
		a, err := s.client.CreateAudience(ctx, s.account.String(), client.AudienceCreate{
			AudienceType: client.TypeVisitor, Name: fmt.Sprintf("audience %d", i), Rule: json.RawMessage(s.someRule(w, i)),
		})
		if err == nil {
			_, err = s.client.WaitForAudience(ctx, s.account.String(), a.ID)
		}
		if err != nil {
			return nil, who, err
		}
	}
	for i := range w.size.Persons {
		who.HashedEmail = hashed(i)
		m, err := s.client.Memberships(ctx, who)
		if err != nil || len(m.AudienceIDs) > 0 {
			return m.AudienceIDs, who, err
		}
	}
	return nil, who, errors.New("nobody is in an audience: more events are needed")
}

// start measures in this process, so the memory is that of the service and of this program.
func start(ctx context.Context, b *bench) (_ any, err error) {
	f := startFigures{Size: b.size}
	begun := time.Now()
	s, err := b.newService(ctx) // its first answer is the tag that it makes
	if err != nil {
		return nil, err
	}
	f.Empty = ms(time.Since(begun))
	defer func() { err = errors.Join(err, s.end(ctx)) }()
	debug.FreeOSMemory()
	f.EmptyIdle = residentMegabytes()
	w := newWorld(b.size, b.seed)
	if err := s.load(ctx, b, w); err != nil {
		return nil, err
	}
	want, asked, err := s.somebody(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := s.Close(ctx); err != nil {
		return nil, err
	}
	begun = time.Now()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	got, err := s.client.Memberships(ctx, asked)
	if err != nil {
		return nil, err
	}
	f.Full = ms(time.Since(begun))
	if !slices.Equal(got.AudienceIDs, want) {
		return nil, fmt.Errorf("the first answer is %v, and before the start it was %v", got.AudienceIDs, want)
	}
	debug.FreeOSMemory()
	f.FullIdle = residentMegabytes()
	n, err := diskBytes(s.folder)
	f.DiskMBytes = float64(n) / (1 << 20)
	b.table("empty ms|full ms|empty MB|full MB|disk MB", [][]any{{f.Empty, f.Full, f.EmptyIdle, f.FullIdle, f.DiskMBytes}})
	return f, err
}
