package ruletest

import (
	"fmt"
	"strconv"
	"strings"
)

// unfoldNames reads a word that stands for persons: names and ranges, separated by commas. In a range as p08..p11 the
// numbers have the same width.
func unfoldNames(word string) ([]string, error) {
	var names []string
	for part := range strings.SplitSeq(word, ",") {
		first, last, isRange := strings.Cut(part, "..")
		if !isRange {
			if first == "" {
				return nil, fmt.Errorf("%q has an empty name", word)
			}
			names = append(names, first)
			continue
		}
		stem, from, ok1 := splitNumber(first)
		stem2, to, ok2 := splitNumber(last)
		if !ok1 || !ok2 || stem != stem2 || len(first) != len(last) || from > to {
			return nil, fmt.Errorf("%q is not a range of names such as p08..p11", part)
		}
		for n := from; n <= to; n++ {
			names = append(names, fmt.Sprintf("%s%0*d", stem, len(first)-len(stem), n))
		}
	}
	return names, nil
}

// foldNames writes runs of three and more numbered names as ranges.
func foldNames(names []string) []string {
	var words []string
	for i := 0; i < len(names); {
		end := i + 1
		for end < len(names) && follows(names[end-1], names[end]) {
			end++
		}
		if end-i >= 3 {
			words = append(words, names[i]+".."+names[end-1])
		} else {
			words = append(words, names[i:end]...)
		}
		i = end
	}
	return words
}

func follows(a, b string) bool {
	stem, n, ok := splitNumber(a)
	return ok && len(a) == len(b) && b == fmt.Sprintf("%s%0*d", stem, len(a)-len(stem), n+1)
}

// splitNumber takes the digits off the end of a name.
func splitNumber(name string) (stem string, n int, ok bool) {
	stem = strings.TrimRight(name, "0123456789")
	n, err := strconv.Atoi(name[len(stem):])
	return stem, n, err == nil
}
