//go:build !race

package harness

const (
	raceEnabled = false
	slowdown    = 1
)
