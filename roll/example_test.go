package roll_test

import (
	"fmt"

	"github.com/parterre/parterre"
	"github.com/parterre/parterre/roll"
)

// Two batches of events say who did something and when. Their rolls merge to the last time of each person.
func ExampleMerge() {
	monday := roll.Of([]uint16{1, 2}, []parterre.Stamp{100, 100})
	tuesday := roll.Of([]uint16{2, 3}, []parterre.Stamp{200, 250})
	both := roll.Merge(monday, tuesday)
	for i := range both.Len() {
		person, last := both.At(i)
		fmt.Println(person, last)
	}
	// Output:
	// 1 100
	// 2 200
	// 3 250
}

// A customer list to which three persons were added, of whom one was removed later and one came back.
func ExampleCount() {
	added := roll.Of([]uint16{1, 2, 3}, []parterre.Stamp{1, 3, 1})
	removed := roll.Of([]uint16{2, 3}, []parterre.Stamp{2, 2})
	members, oldest := roll.Count(added, removed, 0)
	fmt.Println(members, oldest)
	// Output: 2 1
}
