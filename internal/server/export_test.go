package server

import (
	"context"
	"log/slog"
)

// Crowded is what a connection too many is told.
const Crowded = crowded

// Spare waits for so many bytes on the disk of a folder, beside what the reserve has for what must still be written.
func Spare(ctx context.Context, folder string, c Config, bytes int64) error {
	return newWatchdog(newGate(divide(c.MemoryLimit)), folder, c, slog.New(slog.DiscardHandler)).spare(ctx, bytes)
}
