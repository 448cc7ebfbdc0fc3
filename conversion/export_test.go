package conversion

// The two readers of a request, for the test that holds one to the other.
var (
	FastRequest = fastRequest
	SlowRequest = slowRequest
)
