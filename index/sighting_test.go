package index_test

import (
	"testing"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index"
	"github.com/parterre/parterre/index/driver"
)

// byTag is an event that came by a conversion tag.
func byTag(who []parterre.Identifier, tag parterre.ID, name string, at parterre.Stamp) parterre.Event {
	e := visit(who, "/", at)
	e.Facet.Tag, e.Facet.Name = tag, name
	return e
}

// saw compares what a tag saw.
func saw(t testing.TB, ix *index.Index, tag parterre.ID, want ...index.TagEvent) {
	t.Helper()
	got, err := ix.TagEvents(t.Context(), tag)
	must(t, err)
	same(t, "what the tag saw", got, want)
}

func TestTagsKnowWhatTheySaw(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		d := open()
		ix := newIndex(t, d)
		take := func(events ...parterre.Event) { t.Helper(); must(t, ix.Ingest(t.Context(), events)) }
		saw(t, ix, 7)
		take(byTag(person(1), 7, "checkout", noon), byTag(person(2), 7, "checkout", noon+9), byTag(person(2), 8, "lead", noon+5))
		saw(t, ix, 7, index.TagEvent{Type: "CHECKOUT", First: noon, Last: noon + 9})
		saw(t, ix, 8, index.TagEvent{Type: "LEAD", First: noon + 5, Last: noon + 5})

		take(byTag(person(1), 7, "checkout", noon+4)) // between the two
		saw(t, ix, 7, index.TagEvent{Type: "CHECKOUT", First: noon, Last: noon + 9})
		take(byTag(person(1), 7, "checkout", noon-100)) // late
		saw(t, ix, 7, index.TagEvent{Type: "CHECKOUT", First: noon - 100, Last: noon + 9})
		take(byTag(nil, 7, "page_visit", noon+20)) // of nobody, as after an opt-out
		take(byTag(person(1), 7, "brew_tea", noon))
		take(byTag(person(1), 0, "checkout", noon+50)) // by no tag
		engagement := byTag(person(1), 7, "checkout", noon+60)
		engagement.Facet.Kind = parterre.Engagement
		take(engagement)
		saw(t, ix, 7, index.TagEvent{Type: "UNKNOWN", First: noon, Last: noon},
			index.TagEvent{Type: "PAGE_VISIT", First: noon + 20, Last: noon + 20},
			index.TagEvent{Type: "CHECKOUT", First: noon - 100, Last: noon + 9})
	})
}

// What has been written is not written again, but what could not be written is.
func TestSightingsThatFailAreWrittenLater(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		f := newFailing(open())
		ix := newIndex(t, f)
		e := byTag(person(1), 7, "checkout", noon)
		e.Key = 1
		f.breaks("Apply", 0)
		if ix.Ingest(t.Context(), []parterre.Event{e}) == nil {
			t.Fatal("nothing failed")
		}
		f.breaks("", 0)
		must(t, ix.Ingest(t.Context(), []parterre.Event{e}))
		saw(t, ix, 7, index.TagEvent{Type: "CHECKOUT", First: noon, Last: noon})
		counts(t, ix, 1, 1)
	})
}

func TestDroppingAnAdAccountForgetsWhatItsTagsSaw(t *testing.T) {
	overEach(t, func(t *testing.T, open func() driver.Driver) {
		ix := newIndex(t, open())
		e := byTag(person(1), 7, "checkout", noon)
		e.Key = 1
		elsewhere := byTag(person(1), 8, "checkout", noon)
		elsewhere.Facet.Account, elsewhere.Key = 2, 1
		must(t, ix.Ingest(t.Context(), []parterre.Event{e, elsewhere}))
		must(t, ix.DropAccount(t.Context(), 1))
		saw(t, ix, 7)
		counts(t, ix, 1, 0)
		saw(t, ix, 8, index.TagEvent{Type: "CHECKOUT", First: noon, Last: noon})
		counts(t, ix, 2, 1)
		must(t, ix.Ingest(t.Context(), []parterre.Event{e})) // what was known to be written is gone
		saw(t, ix, 7, index.TagEvent{Type: "CHECKOUT", First: noon, Last: noon})
		counts(t, ix, 1, 1)
	})
}
