package server_test

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// gate holds requests on their way to the API until it is opened, and sees
// which of them were given up by their sender.
type gate struct {
	opened chan struct{}
	once   sync.Once

	mu      sync.Mutex
	changed chan struct{}
	came    int
	left    int
}

func newGate() *gate {
	return &gate{opened: make(chan struct{}), changed: make(chan struct{})}
}

// pass is what a backend does before each request.
func (g *gate) pass(r *http.Request) {
	g.count(&g.came)
	select {
	case <-g.opened:
	case <-r.Context().Done():
		g.count(&g.left)
	case <-time.After(patience):
	}
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

func (g *gate) count(what *int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	*what++
	close(g.changed)
	g.changed = make(chan struct{})
}

// await waits until n requests have come.
func (g *gate) await(t *testing.T, n int) {
	t.Helper()
	g.wait(t, func() bool { return g.came >= n })
}

// awaitLeft waits until n requests were given up.
func (g *gate) awaitLeft(t *testing.T, n int) {
	t.Helper()
	g.wait(t, func() bool { return g.left >= n })
}

func (g *gate) wait(t *testing.T, reached func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		g.mu.Lock()
		yes, changed := reached(), g.changed
		came, left := g.came, g.left
		g.mu.Unlock()
		if yes {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%d requests came, %d were given up", came, left)
		}
	}
}

// seen is how many requests have come so far.
func (g *gate) seen() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.came
}
