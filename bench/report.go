package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"
)

// table prints rows under heads.
func (b *bench) table(heads string, rows [][]any) {
	t := tabwriter.NewWriter(b.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, strings.ReplaceAll(heads, "|", "\t")+"\t")
	for _, row := range rows {
		for _, cell := range row {
			switch v := cell.(type) {
			case float64:
				fmt.Fprintf(t, "%.4g\t", v)
			default:
				fmt.Fprintf(t, "%v\t", v)
			}
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush() // to a terminal or a file of the caller: there is nobody left to tell
	fmt.Fprintln(b.out)
}

// progress is a line that is written anew every second.
type progress struct {
	out   io.Writer
	what  string
	all   int
	done  atomic.Int64
	begun time.Time
	stop  chan struct{}
	over  chan struct{}
}

func (b *bench) progress(what string, all int) *progress {
	p := &progress{out: b.log, what: what, all: all, begun: time.Now(), stop: make(chan struct{}), over: make(chan struct{})}
	go p.run()
	return p
}

func (p *progress) add(n int) { p.done.Add(int64(n)) }

func (p *progress) run() {
	defer close(p.over)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			p.line()
			fmt.Fprintln(p.out)
			return
		case <-tick.C:
			p.line()
		}
	}
}

func (p *progress) line() {
	n, took := p.done.Load(), time.Since(p.begun).Seconds()
	fmt.Fprintf(p.out, "\r%-10s %12d of %d (%d%%), %.0f a second   ", p.what, n, p.all, 100*n/int64(max(p.all, 1)), float64(n)/took)
}

func (p *progress) end() {
	close(p.stop)
	<-p.over
}

// ms is a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// us is a duration in microseconds.
func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// quantile is the value below which a share of the durations lies. It sorts them.
func quantile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(int(share*float64(len(all))), len(all)-1)]
}

// median of the durations that a function takes, of n calls.
func median(n int, f func() (time.Duration, error)) (time.Duration, error) {
	var all []time.Duration
	for range n {
		took, err := f()
		if err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return quantile(all, 0.5), nil
}
