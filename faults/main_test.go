package faults_test

import (
	"flag"
	"os"
	"testing"
)

// With the race detector everything takes ten times as long, and it looks for
// something that a few sequences show: fewer are played, unless a number is given.
func TestMain(m *testing.M) {
	flag.Parse()
	const sequences = "rapid.checks"
	isGiven := false
	flag.Visit(func(f *flag.Flag) { isGiven = isGiven || f.Name == sequences })
	if raceIsWatched && !isGiven {
		if err := flag.Set(sequences, "5"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
