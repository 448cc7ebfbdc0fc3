package v5_test

import (
	"fmt"
	"net/http"
	"testing"
)

// customerList is a customer list as the wire writes it.
type customerList struct {
	AdAccountID string         `json:"ad_account_id"`
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Created     int64          `json:"created_time"`
	Updated     int64          `json:"updated_time"`
	Batches     int            `json:"num_batches"`
	Uploaded    int            `json:"num_uploaded_user_records"`
	Removed     int            `json:"num_removed_user_records"`
	Status      string         `json:"status"`
	Type        string         `json:"type"`
	Exceptions  map[string]any `json:"exceptions"`
}

func listPath(id string) string { return inAccount + "/customer_lists/" + id }

// change adds records to a list, or removes them.
func (s *service) change(t testing.TB, id, operation, records string) customerList {
	t.Helper()
	return as[customerList](t, s.call(t, http.MethodPatch, listPath(id),
		fmt.Sprintf(`{"operation_type":%q,"records":%q}`, operation, records)))
}
