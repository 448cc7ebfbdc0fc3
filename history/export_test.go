package history

import (
	"encoding/binary"
	"hash/crc32"
)

// Sealed puts a right checksum behind a body.
func Sealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(append([]byte{}, body...), crc32.Checksum(body, castagnoli))
}
