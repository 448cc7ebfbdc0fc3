package terminal

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Progress shows how far long work has come: as a bar on a terminal, and as a line a quarter elsewhere. Its methods may be
// called concurrently.
type Progress struct {
	mu    sync.Mutex
	what  string
	w     io.Writer                // nil to show nothing
	bar   *progressbar.ProgressBar // nil when w is no terminal
	total int
	done  int
}

// NewProgress shows the way to total on w, which may be nil. What says in a word what is done.
func NewProgress(w io.Writer, what string, total int) *Progress {
	p := &Progress{w: w, what: what, total: total}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription(what),
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

// Name says with what the work goes on.
func (p *Progress) Name(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%s %-17s", p.what, what))
	}
}

// Add says that n more are done.
func (p *Progress) Add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.done
	p.done += n
	switch {
	case p.bar != nil:
		_ = p.bar.Add(n) // a terminal that goes away is no reason to stop
	case p.w != nil && quarter(p.done, p.total) > quarter(before, p.total):
		_, _ = fmt.Fprintf(p.w, "%s: %3d%%\n", p.what, 25*quarter(p.done, p.total))
	}
}

// Close takes the bar away, complete or not.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
}

func quarter(done, total int) int { return 4 * done / max(total, 1) }
