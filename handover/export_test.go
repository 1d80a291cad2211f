package handover

import (
	"context"
	"net"
)

// ListenWith replaces the listener on loopback.
func (p *Pages) ListenWith(listen func(context.Context) (net.Listener, error)) { p.listen = listen }

// AddressOf is what a page's receipt will say.
func AddressOf(slot Slot) string {
	page := slot.(*pageSlot)
	return "http://" + page.pages.host + page.path
}

// IsHeld reports whether the page still has its secret in memory.
func IsHeld(slot Slot) bool {
	page := slot.(*pageSlot)
	page.pages.mu.Lock()
	defer page.pages.mu.Unlock()
	return !page.secret.IsZero()
}

// StopTimer is what a sleeping machine does to a page.
func StopTimer(slot Slot) { slot.(*pageSlot).timer.Stop() }
