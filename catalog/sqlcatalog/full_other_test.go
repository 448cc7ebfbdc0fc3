//go:build !unix

package sqlcatalog_test

import "errors"

// fillDisk needs a limit that only Unix has, and so does the test that starts it.
func fillDisk(string) error { return errors.ErrUnsupported }
