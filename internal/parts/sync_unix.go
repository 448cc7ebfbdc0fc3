//go:build !windows

package parts

import (
	"errors"
	"os"
)

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return failed(err, "open the folder of an upload")
	}
	return failed(errors.Join(d.Sync(), d.Close()), "keep a part")
}
