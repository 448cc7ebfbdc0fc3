//go:build !linux && !darwin

package main

import (
	"context"
	"errors"
	"time"
)

// peer is not there on this system.
type peer struct{}

func (b *bench) newPeer(context.Context, *world) (*peer, error) {
	return nil, errors.New("libchdb is not made for this system: run without --peer")
}

func (*peer) persons(string, *int) (time.Duration, error) { return 0, nil }

func (*peer) close() error { return nil }
