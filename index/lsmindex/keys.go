package lsmindex

import (
	"encoding/binary"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/index/driver"
)

// table is the first byte of a key. The numbers are part of the format on disk: never reuse one.
type table byte

const (
	formatTable     table = 0x01 // the format number
	topsTable       table = 0x02 // highest numbers given out
	identifierTable table = 0x10 // identifier -> person
	personTable     table = 0x11 // person -> body
	facetTable      table = 0x12 // ad account, digest -> number of the facet
	bodyTable       table = 0x13 // ad account, number of the facet -> body
	pageTable       table = 0x14 // ad account, digest -> number of the page
	urlTable        table = 0x15 // ad account, number of the page -> URL
	ownerTable      table = 0x16 // number of the facet -> ad account
	rollTable       table = 0x20 // roll, block -> chunk
	wideTable       table = 0x21 // roll of a page -> pairs
	historyTable    table = 0x22 // group of persons -> histories
	logTable        table = 0x30 // number -> entry of the log
	rowsTable       table = 0x31 // number of the facet, piece, number of the block -> piece of a block of rows
)

// The rows of the table of tops.
const (
	topPerson byte = 1
	topFacet  byte = 2
	topStore  byte = 3
	topPage   byte = 4

	topUnfolded byte = 5 // KiB that were written out since the last time of folding
)

// The lengths of keys that the reader takes apart.
const (
	accountPrefixLen = 1 + 8 // of a key of bodyTable or urlTable
	bodyKeyLen       = accountPrefixLen + 4
	wideKeyLen       = rollPrefixLen
	historyKeyLen    = 1 + 4
	rollPrefixLen    = 1 + 1 + 8 + 4 // of a key of rollTable, but for the rolls of audiences
	rollKeyLen       = rollPrefixLen + 2
	acrossPrefixLen  = 1 + 1 + 2 // of a key of rollTable that is of the roll of an audience
)

func formatKey() []byte { return []byte{byte(formatTable)} }

func topKey(row byte) []byte { return []byte{byte(topsTable), row} }

// The functions below append a key to dst. All numbers are big-endian, so that keys sort as the numbers do.

func appendIdentifierKey(dst []byte, id parterre.Identifier) []byte {
	return append(append(dst, byte(identifierTable), byte(id.Kind)), id.Value...)
}

func appendPersonKey(dst []byte, p parterre.PersonID) []byte {
	return binary.BigEndian.AppendUint32(append(dst, byte(personTable)), uint32(p))
}

func appendFacetKey(dst []byte, k driver.FacetKey) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, byte(facetTable)), uint64(k.Account))
	return append(dst, k.Digest[:]...)
}

// appendAccountPrefix is the start of all keys of an ad account's facets.
func appendAccountPrefix(dst []byte, account parterre.ID) []byte {
	return binary.BigEndian.AppendUint64(append(dst, byte(bodyTable)), uint64(account))
}

func appendBodyKey(dst []byte, account parterre.ID, id driver.FacetID) []byte {
	return binary.BigEndian.AppendUint32(appendAccountPrefix(dst, account), uint32(id))
}

func appendPageKey(dst []byte, k driver.PageKey) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, byte(pageTable)), uint64(k.Account))
	return append(dst, k.Digest[:]...)
}

// appendSitePrefix is the start of all keys of an ad account's pages.
func appendSitePrefix(dst []byte, account parterre.ID) []byte {
	return binary.BigEndian.AppendUint64(append(dst, byte(urlTable)), uint64(account))
}

func appendURLKey(dst []byte, account parterre.ID, id driver.PageID) []byte {
	return binary.BigEndian.AppendUint32(appendSitePrefix(dst, account), uint32(id))
}

func appendWideKey(dst []byte, id driver.RollID) []byte {
	start := len(dst)
	dst = appendRollPrefix(dst, id)
	dst[start] = byte(wideTable)
	return dst
}

// rollOfKey reads A from a key of rollTable or wideTable, but for the rolls of audiences.
func rollOfKey(key []byte) uint64 { return binary.BigEndian.Uint64(key[2:]) }

func appendOwnerKey(dst []byte, id driver.FacetID) []byte {
	return binary.BigEndian.AppendUint32(append(dst, byte(ownerTable)), uint32(id))
}

func appendHistoryKey(dst []byte, group uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, byte(historyTable)), group)
}

// groupOfKey reads the group from a key of historyTable.
func groupOfKey(key []byte) uint32 { return binary.BigEndian.Uint32(key[1:]) }

func logKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(logTable)}, number)
}

// facetOfKey reads the number from a key of bodyTable.
func facetOfKey(key []byte) driver.FacetID {
	return driver.FacetID(binary.BigEndian.Uint32(key[accountPrefixLen:]))
}

// appendRollPrefix is the start of all keys of a roll, but for those of audiences.
func appendRollPrefix(dst []byte, id driver.RollID) []byte {
	dst = append(dst, byte(rollTable), byte(id.Kind))
	dst = binary.BigEndian.AppendUint64(dst, id.A)
	return binary.BigEndian.AppendUint32(dst, id.B)
}

func appendRollKey(dst []byte, id driver.RollID, block uint16) []byte {
	if id.Kind == driver.AudienceRoll {
		dst = binary.BigEndian.AppendUint64(appendAcrossPrefix(dst, block), id.A)
		return binary.BigEndian.AppendUint32(dst, id.B)
	}
	return binary.BigEndian.AppendUint16(appendRollPrefix(dst, id), block)
}

// blockOfKey reads the block from a key of rollTable, but for the rolls of audiences.
func blockOfKey(key []byte) uint16 { return binary.BigEndian.Uint16(key[rollPrefixLen:]) }

// appendAcrossPrefix is the start of all keys of a block of the rolls of audiences, which stand side by side: whoever is asked
// about has to be looked for in all of them.
func appendAcrossPrefix(dst []byte, block uint16) []byte {
	return binary.BigEndian.AppendUint16(append(dst, byte(rollTable), byte(driver.AudienceRoll)), block)
}

// audienceOfKey takes a key of rollTable apart that is of the roll of an audience.
func audienceOfKey(key []byte) (driver.RollID, uint16) {
	id := driver.RollID{Kind: driver.AudienceRoll, A: binary.BigEndian.Uint64(key[acrossPrefixLen:]), B: binary.BigEndian.Uint32(key[acrossPrefixLen+8:])}
	return id, binary.BigEndian.Uint16(key[2:])
}

// span gives the bounds of the keys that are a prefix and n more bytes: from lower on, and before upper.
func span(prefix []byte, n int) (lower, upper []byte) {
	upper = append([]byte{}, prefix...)
	for range n {
		upper = append(upper, 0xff)
	}
	return prefix, append(upper, 0) // the key right after the last one
}
