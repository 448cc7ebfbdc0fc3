package v5

import (
	"net/http"
	"strconv"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/api/wire"
	"github.com/parterre/parterre/conversion"
	"github.com/parterre/parterre/ratelimit"
)

// maxTestEvents is how many events of a test are processed (reference, section 17, 54).
const maxTestEvents = 20

// eventsResult is the contract's ConversionApiResponse.
type eventsResult struct {
	Processed int                 `json:"num_events_processed"`
	Received  int                 `json:"num_events_received"`
	Events    []conversion.Result `json:"events"`
}

// AppendJSON implements [wire.Appender].
func (e *eventsResult) AppendJSON(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, `{"num_events_processed":`...), int64(e.Processed), 10)
	dst = strconv.AppendInt(append(dst, `,"num_events_received":`...), int64(e.Received), 10)
	dst = append(dst, `,"events":[`...)
	for i := range e.Events {
		if i > 0 {
			dst = append(dst, ',')
		}
		one := &e.Events[i]
		dst = wire.AppendText(append(dst, `{"status":`...), one.Status)
		dst = wire.AppendText(append(dst, `,"error_message":`...), one.Error)
		dst = append(wire.AppendText(append(dst, `,"warning_message":`...), one.Warning), '}')
	}
	return append(dst, `]}`...)
}

// countEvents tells events that are a test apart, which have a limit of their own.
func countEvents(r *http.Request) ratelimit.Category {
	if test, err := truth(r, "test", "is_test"); err == nil && test {
		return ratelimit.AdsConversionsTest
	}
	return ratelimit.AdsConversions
}

func (a *API) createEvents(r *wire.Request) (any, error) {
	test, err := truth(r.Request, "test", "is_test")
	if err != nil {
		return nil, err
	}
	events, err := conversion.DecodeRequest(r.Payload)
	if err != nil {
		return nil, err
	}
	if event, custom := a.version.absentFromEvents(); len(event)+len(custom) > 0 {
		if err := conversion.RefuseMembers(r.Payload, event, custom); err != nil {
			return nil, err
		}
	}
	result := eventsResult{Received: len(events)}
	if test {
		events = events[:min(len(events), maxTestEvents)]
	}
	result.Events = make([]conversion.Result, 0, len(events))
	usable, now := make([]parterre.Event, 0, len(events)), a.now().Unix()
	for i := range events {
		outcome := events[i].CheckWithin(a.limits, now)
		result.Events = append(result.Events, outcome)
		if outcome.Status == conversion.Processed {
			result.Processed++
			usable = append(usable, events[i].Of(r.Account))
		}
	}
	if !test {
		if err := a.service.Ingest(r.Context(), usable); err != nil {
			return nil, err
		}
	}
	if result.Processed < len(events) {
		return nil, &parterre.Error{
			Code: parterre.InvalidEvents, Field: "data", Details: result,
			Public: "The action could not be processed properly due to some or all data provided being invalid.",
		}
	}
	return &result, nil
}
