package lsmindex

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/parterre/parterre/index/driver"
)

const crcSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendSealed appends a body and its CRC-32C to dst. All values but those of rolls, which have a checksum anyway, are
// stored so.
func appendSealed(dst, body []byte) []byte {
	dst = append(dst, body...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(body, castagnoli))
}

// unseal checks a value and gives its body, which is a part of the value.
func unseal(value []byte) ([]byte, error) {
	n := len(value) - crcSize
	if n < 0 {
		return nil, fmt.Errorf("%w: a value of %d bytes", driver.ErrCorrupt, len(value))
	}
	body, sum := value[:n:n], binary.LittleEndian.Uint32(value[n:])
	if got := crc32.Checksum(body, castagnoli); got != sum {
		return nil, fmt.Errorf("%w: checksum of a value is %08x, not %08x", driver.ErrCorrupt, got, sum)
	}
	return body, nil
}

// appendNumber appends the value that stores a number.
func appendNumber(dst []byte, n uint32) []byte {
	var body [4]byte
	binary.BigEndian.PutUint32(body[:], n)
	return appendSealed(dst, body[:])
}

func decodeNumber(value []byte) (uint32, error) {
	body, err := unseal(value)
	if err != nil {
		return 0, err
	}
	if len(body) != 4 {
		return 0, fmt.Errorf("%w: a number of %d bytes", driver.ErrCorrupt, len(body))
	}
	return binary.BigEndian.Uint32(body), nil
}
