package handover_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/handover"
	"posthog-org-mcp/redact"
)

func TestAPageIsGoneAfterItsLifetime(t *testing.T) {
	for _, test := range []struct {
		name             string
		asked, lifetime  time.Duration
		afterItsSettings func(slot handover.Slot)
	}{
		{"ten minutes by default", 0, 10 * time.Minute, func(handover.Slot) {}},
		{"as long as it is told", time.Minute, time.Minute, func(handover.Slot) {}},
		{"also when the machine slept and the timer with it", time.Minute, time.Minute, handover.StopTimer},
	} {
		t.Run(test.name, func(t *testing.T) {
			inMemory(t, test.asked, func(t *testing.T, pages *handover.Pages, client *visitor) {
				slot := prepare(t, pages, acme)
				time.Sleep(time.Hour) // what counts is when the token came
				receipt := put(t, slot)
				test.afterItsSettings(slot)
				if want := time.Now().Add(test.lifetime); !receipt.Expires.Equal(want) {
					t.Errorf("expires at %v, want %v", receipt.Expires, want)
				}
				once := client.once(t, receipt.URL)

				time.Sleep(test.lifetime - time.Second)
				client.get(t, receipt.URL).want(t, http.StatusOK, "Show the token")
				time.Sleep(time.Second)
				synctest.Wait()
				client.post(t, receipt.URL, once, nil).wantGone(t, "in time")
				client.get(t, receipt.URL).wantGone(t, "in time")
				if handover.IsHeld(slot) {
					t.Error("the token is still in memory")
				}
			})
		})
	}
}

func TestATokenLeavesMemoryWithoutAVisit(t *testing.T) {
	inMemory(t, time.Minute, func(t *testing.T, pages *handover.Pages, _ *visitor) {
		slot := prepare(t, pages, acme)
		put(t, slot)
		if !handover.IsHeld(slot) {
			t.Error("the token is not there")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if handover.IsHeld(slot) {
			t.Error("the token is still in memory")
		}
	})
}

func TestAPageThatHasEndedIsForgottenAfterADay(t *testing.T) {
	inMemory(t, time.Minute, func(t *testing.T, pages *handover.Pages, client *visitor) {
		waiting := prepare(t, pages, acme)
		ended := put(t, prepare(t, pages, acme)).URL
		time.Sleep(24 * time.Hour)
		prepare(t, pages, acme)
		client.get(t, ended).wantGone(t, "in time")
		time.Sleep(2 * time.Minute)
		prepare(t, pages, acme)
		client.get(t, ended).want(t, http.StatusNotFound)
		client.get(t, handover.AddressOf(waiting)).want(t, http.StatusOK, "Not there yet")
	})
}

func TestAPageWithoutItsTokenSaysThatItIsNotThereYet(t *testing.T) {
	pages, client := onLoopback(t)
	slot := prepare(t, pages, acme)
	url := handover.AddressOf(slot)
	client.get(t, url).want(t, http.StatusOK, "Not there yet", "Acme")
	client.post(t, url, "guess", nil).want(t, http.StatusOK, "Not there yet")
	if receipt := put(t, slot); receipt.URL != url || receipt.Path != "" {
		t.Errorf("receipt %+v, want the address %s", receipt, url)
	}
	client.get(t, url).want(t, http.StatusOK, "Show the token")
}

func TestADiscardedPageTakesNoTokenAndSaysSo(t *testing.T) {
	pages, client := onLoopback(t)
	slot := prepare(t, pages, acme)
	if err := slot.Discard(); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, slot, token, "no longer waiting")
	client.get(t, handover.AddressOf(slot)).wantGone(t, "No token was handed over")
}

func TestAPageTakesOneTokenAndKeepsIt(t *testing.T) {
	pages, client := onLoopback(t)
	slot := prepare(t, pages, acme)
	receipt := put(t, slot)
	wantRefused(t, slot, redact.NewSecret("phs_ANOTHER0123456789"), "no longer waiting")
	if err := slot.Discard(); err != nil {
		t.Error(err)
	}
	client.reveal(t, receipt.URL).want(t, http.StatusOK, canary)
	wantRefused(t, slot, token, "no longer waiting")
}

func TestNoTokenIsNoPage(t *testing.T) {
	pages, client := onLoopback(t)
	slot := prepare(t, pages, acme)
	wantRefused(t, slot, redact.Secret{}, "there is no token")
	client.get(t, handover.AddressOf(slot)).wantGone(t, "No token was handed over")
}

func TestNothingListensBeforeTheFirstPage(t *testing.T) {
	pages := handover.NewPages(0)
	pages.ListenWith(func(context.Context) (net.Listener, error) {
		t.Error("it listens")
		return nil, errors.New("never")
	})
	closePages(t, pages)
}

func TestCloseEndsPagesAndDropsTheirTokens(t *testing.T) {
	pages, client := onLoopback(t)
	shown, open, waiting := prepare(t, pages, acme), prepare(t, pages, acme), prepare(t, pages, acme)
	client.reveal(t, put(t, shown).URL).want(t, http.StatusOK, canary)
	receipt := put(t, open)

	closePages(t, pages)
	closePages(t, pages)
	if handover.IsHeld(open) {
		t.Error("the token is still in memory")
	}
	if response, err := client.http.Get(receipt.URL); err == nil {
		t.Errorf("%s after Close", response.Status)
	}
	wantRefused(t, waiting, token, "has ended")
	if err := waiting.Discard(); err != nil {
		t.Error(err)
	}
	_, err := pages.Prepare(t.Context(), acme)
	wantUnavailable(t, err, "has ended", "Start the program again")
}

func TestAPlaceThatCannotListenIsKnownBeforeTheRotation(t *testing.T) {
	cause := errors.New("no loopback here")
	pages := handover.NewPages(0)
	pages.ListenWith(func(context.Context) (net.Listener, error) { return nil, cause })
	_, err := pages.Prepare(t.Context(), acme)
	wantUnavailable(t, err, "no loopback here", "as files instead")
	if !errors.Is(err, cause) {
		t.Errorf("%v does not lead to its cause", err)
	}
	closePages(t, pages)
}

func TestAServerThatEndsByItselfTakesNoMoreTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newListener()
		pages := handover.NewPages(0)
		pages.ListenWith(func(context.Context) (net.Listener, error) { return listener, nil })
		open, waiting := prepare(t, pages, acme), prepare(t, pages, acme)
		put(t, open)
		_ = listener.Close()
		synctest.Wait()
		if handover.IsHeld(open) {
			t.Error("the token is still in memory")
		}
		wantRefused(t, waiting, token, "has ended")
		_ = pages.Close()
	})
}

func TestAddressesShareNothingButTheHost(t *testing.T) {
	pages, _ := onLoopback(t)
	seen := map[string]bool{}
	for range 100 {
		host, path, _ := strings.Cut(strings.TrimPrefix(put(t, prepare(t, pages, acme)).URL, "http://"), "/")
		if !strings.HasPrefix(host, "127.0.0.1:") || len(path) < 26 || seen[path] {
			t.Fatalf("host %s, path %s", host, path)
		}
		seen[path] = true
	}
}

// inMemory runs a test with a clock of its own, on a listener that no clock waits for.
func inMemory(t *testing.T, lifetime time.Duration, test func(*testing.T, *handover.Pages, *visitor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := newListener()
		pages := handover.NewPages(lifetime)
		pages.ListenWith(func(context.Context) (net.Listener, error) { return listener, nil })
		defer closePages(t, pages)
		test(t, pages, newVisitor(&http.Transport{DialContext: listener.dial, DisableKeepAlives: true}))
	})
}

func onLoopback(t *testing.T) (*handover.Pages, *visitor) {
	t.Helper()
	pages := handover.NewPages(0)
	t.Cleanup(func() { closePages(t, pages) })
	return pages, newVisitor(&http.Transport{DisableKeepAlives: true})
}

func closePages(t *testing.T, pages *handover.Pages) {
	t.Helper()
	if err := pages.Close(); err != nil {
		t.Error(err)
	}
}

// pipes is a listener whose connections are pipes in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newListener() *pipes {
	closed := make(chan struct{})
	return &pipes{make(chan net.Conn), closed, sync.OnceFunc(func() { close(closed) })}
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711} }

func (l *pipes) Close() error {
	l.close()
	return nil
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
