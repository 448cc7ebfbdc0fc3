package conversion

import (
	"strconv"

	"github.com/parterre/parterre"
)

// sent tells what an event came with that was checked, so that all digests are some. It says nothing about who it was, so it
// is told of those who opted out as well.
func (e *Event) sent() parterre.Sent {
	u := &e.User
	order, _ := parterre.Value(e.Data.Fields, "order_id")
	var all parterre.Components
	all = all.
		With(parterre.HasExternalID, anyOf(u.ExternalID)).
		With(parterre.HasClickID, u.ClickID != "").
		With(parterre.HasEventID, e.ID != "").
		With(parterre.HasEmail, len(u.Emails) > 0).
		With(parterre.HasMAID, len(u.MAIDs) > 0).
		With(parterre.HasAddress, u.Address != "").
		With(parterre.HasOrderID, order != "").
		With(parterre.HasOrderValue, e.hasValue()).
		With(parterre.HasProductID, e.hasProduct()).
		With(parterre.HasURL, e.URL != "").
		With(parterre.HasAgent, u.Agent != "")
	return parterre.Sent{Platform: parterre.PlatformOf(e.ActionSource), Components: all}
}

func anyOf(list []string) bool {
	for _, s := range list {
		if s != "" {
			return true
		}
	}
	return false
}

// hasValue leaves a value out that no rule finds.
func (e *Event) hasValue() bool {
	v, there := parterre.Value(e.Data.Fields, "value")
	if !there {
		return false
	}
	_, err := strconv.ParseFloat(v, 64)
	return err == nil
}

func (e *Event) hasProduct() bool {
	for _, item := range e.Data.Items {
		if id, _ := parterre.Value(item, "product_id"); id != "" {
			return true
		}
	}
	return false
}
