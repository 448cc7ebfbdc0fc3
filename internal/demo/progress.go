package demo

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how much of the data is loaded: as a bar on a terminal, and as a line a quarter elsewhere. Its methods may
// be called concurrently.
type progress struct {
	mu    sync.Mutex
	w     io.Writer                // nil to show nothing
	bar   *progressbar.ProgressBar // nil when w is no terminal
	total int
	done  int
}

// newProgress shows the way to total on w, which may be nil.
func newProgress(w io.Writer, total int) *progress {
	p := &progress{w: w, total: total}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription("loading"),
			progressbar.OptionSetWidth(30),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionShowCount(),
			progressbar.OptionThrottle(50*time.Millisecond),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// name says what is loaded next.
func (p *progress) name(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("loading %-17s", what))
	}
}

// add says that n more are loaded.
func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.done
	p.done += n
	switch {
	case p.bar != nil:
		_ = p.bar.Add(n) // a terminal that goes away is no reason to stop
	case p.w != nil && quarter(p.done, p.total) > quarter(before, p.total):
		_, _ = fmt.Fprintf(p.w, "loading: %3d%%\n", 25*quarter(p.done, p.total))
	}
}

// close takes the bar away, complete or not.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
}

func quarter(done, total int) int { return 4 * done / max(total, 1) }
