// Package audiences holds the use cases: what a principal can do with audiences, customer lists, conversion tags and
// events, and the work that follows from it in the background. It keeps what is decided in the catalogue and who did what
// in the index, and it is the one place that knows both.
//
// The way of an update: one transaction of the catalogue writes the audience, its version, a line of the audit and, when
// the rule changed, a job. The answer leaves when that is durable. The audience is registered with the index at once, so
// that it misses no event; a worker then evaluates the past, and one more transaction swaps the new membership in. Until
// then the old one serves. A crash anywhere is made good by the job, which is still there.
//
// Locks, in the order in which they are taken: Service.changing orders everything that changes audiences, from the
// transaction to what it means in memory; serving keeps the rolls that are being read; sizes and the worker have locks of
// their own, for a moment.
package audiences

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/catalog"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/rule"
)

// Options is what the service is made of.
type Options struct {
	Catalog *catalog.Catalog
	Index   *index.Index
	Parts   Parts            // keeps what is uploaded; there are no uploads when nil
	Alike   Alike            // how look-alikes are kept fresh
	Watch   Watch            // sees the work; nil when nobody does
	Now     func() time.Time // time.Now when nil
	Log     *slog.Logger     // nothing is logged when nil
}

// Service carries out the use cases. Its methods may be called concurrently, except Close. Whoever calls a method about an
// ad account or a business has asked Authorise or AuthoriseBusiness before; the principal that changes something is written into the audit.
type Service struct {
	catalog *catalog.Catalog
	index   *index.Index
	parts   Parts
	now     func() time.Time
	log     *slog.Logger

	changing  sync.Mutex // see the package comment
	uploading sync.Mutex // a part takes its place, or an upload is run
	serving   serving
	sizes     sizes
	worker    *worker
	watch     Watch
	taken     taken
	alike     Alike
	learner   learner
	engaged   engaged
}

// New makes the service and takes up where the last process stopped: all audiences are served and stand, and unfinished
// jobs go on. It does not own the catalogue and the index.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{catalog: o.Catalog, index: o.Index, parts: o.Parts, now: o.Now, log: o.Log, alike: o.Alike, watch: o.Watch}
	s.alike.defaults()
	s.learner.s = s
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	err := s.catalog.View(ctx, func(tx *catalog.Tx) error {
		return tx.AllAudiences(func(a parterre.Audience) error { return s.restore(&a) })
	})
	if err != nil {
		return nil, err
	}
	if err := s.resumeWipes(ctx); err != nil {
		return nil, err
	}
	s.learner.load()
	s.worker = newWorker(context.WithoutCancel(ctx), s)
	s.worker.start()
	s.learner.resume()
	s.worker.all.Go(func() { s.watchSeeds(s.worker.ctx) })
	if s.parts != nil {
		s.worker.all.Go(func() { s.sweeping(s.worker.ctx) })
	}
	return s, nil
}

// Close ends the background work; what it leaves unfinished goes on at the next start. It fails when the context ends before
// the work does: then the catalogue and the index are still in use. Close is called once, after every other call has
// returned.
func (s *Service) Close(ctx context.Context) error { return s.worker.stop(ctx) }

// Healthy fails when the service cannot go on without being started again.
func (s *Service) Healthy() error { return s.index.Healthy() }

// restore takes an audience up that the catalogue has. While its rule is being evaluated, two rules stand.
func (s *Service) restore(a *parterre.Audience) error {
	current, err := decodeStored(a.Type, a.Rule)
	if err != nil {
		return err
	}
	s.register(a.ID, a.AdAccount, a.RuleVersion, &current)
	if a.Served == 0 {
		return nil
	}
	served, err := decodeStored(a.Type, a.ServedRule)
	if err != nil {
		return err
	}
	s.register(a.ID, a.AdAccount, a.Served, &served)                 // nothing new when it is the current one
	s.serving.putLocked(a.ID, membershipOf(a.ID, a.Served, &served)) // nobody else is here yet
	return nil
}

// register makes an audience stand, if its rule selects events. It keeps the rule, which stays unchanged.
func (s *Service) register(id, account parterre.ID, ruleVersion int, r *rule.Rule) {
	if accounts := r.Accounts(account); len(accounts) > 0 {
		s.index.Register(standing(id, account, ruleVersion, r))
	}
}

func standing(id, account parterre.ID, ruleVersion int, r *rule.Rule) index.Standing {
	return index.StandingOf(index.AudienceRoll(id, ruleVersion), account, r)
}

// membershipOf says who is in an audience under one version of its rule.
func membershipOf(id parterre.ID, ruleVersion int, r *rule.Rule) index.Membership {
	if r.List != nil {
		return index.OfList(r.List.ID)
	}
	return index.OfAudience(id, ruleVersion, r.Window())
}

// decodeStored decodes a rule that was valid when it was stored.
func decodeStored(t parterre.AudienceType, raw []byte) (rule.Rule, error) {
	r, err := rule.Decode("rule", t, raw)
	if err != nil {
		return r, parterre.Internalf(err, "decode a stored rule")
	}
	return r, nil
}

// audit adds a line about what the principal did.
func (s *Service) audit(tx *catalog.Tx, p *parterre.Principal, line catalog.Audit) error {
	line.App, line.User, line.At = p.App, p.User, s.now().Unix()
	return tx.AddAudit(line)
}

// collect puts pages together until there is no more.
func collect[T any](page func(catalog.Page) ([]T, parterre.ID, error)) (all []T, err error) {
	for p := (catalog.Page{Limit: 250}); ; {
		items, next, err := page(p)
		all = append(all, items...)
		if err != nil || next == 0 {
			return all, err
		}
		p.After = next
	}
}

// stopped says whether an error only means that the work was called off.
func stopped(err error) bool { return errors.Is(err, context.Canceled) }
