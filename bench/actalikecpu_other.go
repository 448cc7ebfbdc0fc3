//go:build !unix

package main

// processorSeconds is how long this process has used processors; 0 where that is not told.
func processorSeconds() float64 { return 0 }
