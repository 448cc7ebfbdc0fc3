package lsmindex_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parterre/parterre/index/indextest"
	"github.com/parterre/parterre/index/lsmindex"
)

// afterCrash opens what a crash left, and checks that it is the state after some write of the history, from the last one
// that was acknowledged to the last one that was begun: so nothing acknowledged is lost, and no write is there by half.
func afterCrash(t *testing.T, seed uint64, fs vfs.FS, acknowledged, begun int) {
	t.Helper()
	x := open(t, fs, "index", small)
	defer closeIndex(t, x)
	tops, err := x.Tops(context.Background())
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	at := int(tops.Person)
	if at < acknowledged || at > begun {
		t.Fatalf("seed %d: the store is at write %d after the crash; %d were acknowledged and %d begun",
			seed, at, acknowledged, begun)
	}
	model := indextest.NewModel()
	for _, w := range indextest.History(seed, at) {
		model.Apply(w)
	}
	if err := model.Diff(context.Background(), x); err != nil {
		t.Fatalf("seed %d: at write %d after the crash: %v", seed, at, err)
	}
}

func closeIndex(t testing.TB, x *lsmindex.Index) {
	t.Helper()
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}

func crash(fs *vfs.MemFS, r *rand.Rand) *vfs.MemFS {
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
}

func TestWhatWasAcknowledgedSurvivesAnyCrashAndNoWriteIsTornApart(t *testing.T) {
	for range 6 {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 3))
		fs := vfs.NewCrashableMem()
		x := open(t, fs, "index", small)
		var wait []func() error
		acknowledged := 0
		for i, w := range indextest.History(seed, 60) {
			durable, err := x.Apply(context.Background(), w)
			if err != nil {
				t.Fatalf("seed %d: apply write %d: %v", seed, i, err)
			}
			wait = append(wait, durable)
			if r.IntN(3) > 0 { // often several writes are under way
				acknowledgeAll(t, wait)
				wait, acknowledged = nil, i+1
			}
			if r.IntN(3) == 0 {
				afterCrash(t, seed, crash(fs, r), acknowledged, i+1)
			}
		}
		acknowledgeAll(t, wait)
		closeIndex(t, x)
	}
}

func acknowledgeAll(t *testing.T, wait []func() error) {
	t.Helper()
	for _, durable := range wait {
		if err := durable(); err != nil {
			t.Fatal(err)
		}
	}
}

// crashes takes a clone of the file system, as a crash would leave it, right before some of the operations that change it.
type crashes struct {
	fs                  *vfs.MemFS
	begun, acknowledged atomic.Int64

	mu   sync.Mutex
	r    *rand.Rand
	left []leftover
}

// leftover is what a crash leaves.
type leftover struct {
	fs                  vfs.FS
	acknowledged, begun int
}

// MaybeError is called before each operation. It never gives an error.
func (c *crashes) MaybeError(op errorfs.Op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead || c.r.IntN(5) > 0 {
		return nil
	}
	acknowledged := int(c.acknowledged.Load())
	left := crash(c.fs, c.r)
	c.left = append(c.left, leftover{left, acknowledged, int(c.begun.Load())})
	return nil
}

func (c *crashes) String() string { return "crashes" }

func TestACrashAtAnyStepOfWritesFlushesAndCompactionsLosesNothing(t *testing.T) {
	const steps = 200
	seed := rand.Uint64()
	c := &crashes{fs: vfs.NewCrashableMem(), r: rand.New(rand.NewPCG(seed, 4))}
	x := open(t, errorfs.Wrap(c.fs, c), "index", small)
	for i, w := range indextest.History(seed, steps) {
		if i%10 == 5 {
			closeIndex(t, x)
			x = open(t, errorfs.Wrap(c.fs, c), "index", small)
		}
		c.begun.Store(int64(i + 1))
		durable, err := x.Apply(context.Background(), w)
		if err != nil {
			t.Fatalf("seed %d: apply write %d: %v", seed, i, err)
		}
		acknowledgeAll(t, []func() error{durable})
		c.acknowledged.Store(int64(i + 1))
		if i%7 == 3 {
			if err := x.Settle(context.Background()); err != nil {
				t.Fatalf("seed %d: settle after write %d: %v", seed, i, err)
			}
		}
	}
	closeIndex(t, x)
	if len(c.left) < 20 {
		t.Errorf("seed %d: only %d crashes", seed, len(c.left))
	}
	for _, left := range c.left {
		afterCrash(t, seed, left.fs, left.acknowledged, left.begun)
	}
}

func TestWritesThatNobodyWaitedForAreThereAfterClosing(t *testing.T) {
	seed := rand.Uint64()
	fs := vfs.NewCrashableMem()
	x := open(t, fs, "index", small)
	for _, w := range indextest.History(seed, 20) {
		if _, err := x.Apply(context.Background(), w); err != nil {
			t.Fatal(err)
		}
	}
	closeIndex(t, x)
	afterCrash(t, seed, fs.CrashClone(vfs.CrashCloneCfg{}), 20, 20)
}

func TestAStoreSurvivesCrashesOneAfterAnother(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 5))
	fs := vfs.NewCrashableMem()
	at := 0
	for at < 200 {
		x := open(t, fs, "index", small)
		for _, w := range indextest.History(seed, 200)[at:min(at+1+r.IntN(20), 200)] {
			durable, err := x.Apply(context.Background(), w)
			if err != nil {
				t.Fatal(err)
			}
			acknowledgeAll(t, []func() error{durable})
			at++
		}
		left := crash(fs, r)
		closeIndex(t, x)
		afterCrash(t, seed, left.CrashClone(vfs.CrashCloneCfg{}), at, at)
		fs = left
	}
}
