// Package realvisits holds a test with the real visits of a web site, which are not part of the repository: the test looks
// for them in a folder shared/data beside it, and skips where there is none.
package realvisits
