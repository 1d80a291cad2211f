//go:build race

package faults_test

const raceIsWatched = true
