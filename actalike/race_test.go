//go:build race

package actalike_test

const raceDetector = true
