package lsmindex

import (
	"github.com/cockroachdb/pebble/v2"

	"github.com/parterre/parterre/index/driver"
)

// Tree lets a test damage what is stored.
func (x *Index) Tree() *pebble.DB { return x.db }

// RollKey is the key of a roll's block.
func RollKey(id driver.RollID, block uint16) []byte { return appendRollKey(nil, id, block) }

// WideKey is the key of the wide roll of a page.
func WideKey(id driver.RollID) []byte { return appendWideKey(nil, id) }

// HistoryKey is the key of a group's histories.
func HistoryKey(group uint32) []byte { return appendHistoryKey(nil, group) }

// FormatKey is the key of the format number.
func FormatKey() []byte { return formatKey() }

// NumberValue is the stored value of a number.
func NumberValue(n uint32) []byte { return appendNumber(nil, n) }

// WriteOut writes out what is pending.
func (x *Index) WriteOut() error {
	x.mu.Lock()
	old := x.mu.young
	x.mu.old, x.mu.young = old, newPending()
	x.mu.Unlock()
	err := x.writeOut(old)
	x.mu.Lock()
	x.mu.old = nil
	x.mu.Unlock()
	return err
}

// OperandsOf gives the operands that stand in a value.
func OperandsOf(value []byte) [][]byte { return operandsOf(value) }

// Folded is the first byte of a value that was folded.
const Folded = folded
