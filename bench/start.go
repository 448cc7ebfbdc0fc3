package main

import (
	"context"
	"errors"
	"runtime/debug"
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
	if err := s.Close(ctx); err != nil {
		return nil, err
	}
	begun = time.Now()
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if _, err := s.client.Memberships(ctx, client.Identifier{HashedEmail: hashed(0)}); err != nil {
		return nil, err
	}
	f.Full = ms(time.Since(begun))
	debug.FreeOSMemory()
	f.FullIdle = residentMegabytes()
	n, err := diskBytes(s.folder)
	f.DiskMBytes = float64(n) / (1 << 20)
	b.table("empty ms|full ms|empty MB|full MB|disk MB", [][]any{{f.Empty, f.Full, f.EmptyIdle, f.FullIdle, f.DiskMBytes}})
	return f, err
}
