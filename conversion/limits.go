package conversion

import (
	"fmt"
	"strconv"
	"time"
)

// Limits are how old an event may be, and how far ahead of the clock.
type Limits struct{ Age, Ahead time.Duration }

const oneDay = 24 * time.Hour

// Usual are the limits of the API, as far as they are known (reference, section 17, 53).
var Usual = Limits{Age: 540 * oneDay, Ahead: oneDay}

// What limits may be at most: moments have to fit in a stamp.
const (
	oldest   = 10 * 365 * oneDay
	farthest = 365 * oneDay
)

// Check says whether limits can be kept.
func (l Limits) Check() error {
	for _, one := range []struct {
		name     string
		is, most time.Duration
	}{{"how old an event may be", l.Age, oldest}, {"how far ahead it may be", l.Ahead, farthest}} {
		if one.is < 0 || one.is > one.most {
			return fmt.Errorf("%s must be from 0 to %.0fh (was %s)", one.name, one.most.Hours(), one.is)
		}
	}
	return nil
}

// inDays writes a duration for a message: in days when they are whole.
func inDays(d time.Duration) string {
	switch {
	case d == oneDay:
		return "one day"
	case d%oneDay == 0:
		return strconv.Itoa(int(d/oneDay)) + " days"
	}
	return d.String()
}
