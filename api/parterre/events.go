package parterre

import (
	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/conversion"
)

// importEvents takes in what conversion tags, measurement partners and files saw: events that do not come through v5's
// events/create, and have an ingestion source of their own.
func (a *API) importEvents(r *wire.Request) (any, error) {
	known := a.accounts(r.Context())
	decode := func(line []byte) (event parterre.Event, err error) {
		e, err := conversion.DecodeLine(line)
		if err != nil {
			return event, err
		}
		if err := known.exists("ad_account_id", e.AdAccount); err != nil {
			return event, err
		}
		if e.Tag != 0 {
			if err := known.tagTakes(e.AdAccount, e.Tag); err != nil {
				return event, err
			}
		}
		if outcome := e.CheckWithin(a.limits, a.now().Unix()); outcome.Status == conversion.Failed {
			return event, parterre.Invalid("", "%s", outcome.Error)
		}
		return e.Of(e.AdAccount), nil
	}
	return importLines(r.Context(), r.Body, decode, a.service.Ingest)
}
