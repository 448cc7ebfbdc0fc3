package parterre

import (
	"time"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
)

// mostDays is how many days one question may be about: as many as an event may be old, and the day ahead.
const mostDays = 542

// dayCount is how many different events there were on a day.
type dayCount struct {
	Date   string `json:"date"` // of the events, in UTC
	Events int    `json:"events"`
}

// eventCounts counts the different events of an ad account: those with one name and one id count once, however they came.
func (a *API) eventCounts(r *wire.Request) (any, error) {
	q := r.URL.Query()
	account, err := parterre.ParseID("ad_account_id", q.Get("ad_account_id"))
	if err != nil {
		return nil, err
	}
	if err := a.accounts(r.Context()).exists("ad_account_id", account); err != nil {
		return nil, err
	}
	today := a.now().UTC().Format(time.DateOnly)
	from, err := day(r, "from", today)
	if err != nil {
		return nil, err
	}
	to, err := day(r, "to", today)
	if err != nil {
		return nil, err
	}
	if to < from || to-from >= mostDays {
		return nil, parterre.Invalid("to", "Parameter 'to' must be from 'from' on, and less than %d days after it", mostDays)
	}
	counted, all, err := a.service.EventCounts(r.Context(), account, from, to)
	if err != nil {
		return nil, err
	}
	days := make([]dayCount, len(counted))
	for i, c := range counted {
		days[i] = dayCount{time.Unix(int64(c.Day)*secondsADay, 0).UTC().Format(time.DateOnly), c.Events}
	}
	return struct {
		Days   []dayCount `json:"days"`
		Events int        `json:"events"`
	}{days, all}, nil
}

const secondsADay = 86_400

// day reads a parameter that is a date, as days since 1970.
func day(r *wire.Request, name, absent string) (uint16, error) {
	s := absent
	if q := r.URL.Query(); q.Has(name) {
		s = q.Get(name)
	}
	t, err := time.Parse(time.DateOnly, s)
	if n := t.Unix() / secondsADay; err == nil && n >= 0 && n < 1<<16 {
		return uint16(n), nil
	}
	return 0, parterre.Invalid(name, "Parameter '%s' value %s must be a date from 1970-01-01 on, such as '%s'", name,
		parterre.Quote(s), absent)
}
