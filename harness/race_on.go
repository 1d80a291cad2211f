//go:build race

package harness

// The race detector makes everything several times slower, so the waits are
// longer, and the server is built with it as well.
const (
	raceEnabled = true
	slowdown    = 4
)
