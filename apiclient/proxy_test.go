package apiclient_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"posthog-org-mcp/apiclient"
)

func TestAProxyThatRefusesIsNotSentAndSeesNoKey(t *testing.T) {
	var seen bytes.Buffer
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.Write(&seen)
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
	defer proxy.Close()
	client := newClient(t, mustParse(t, "https://posthog.invalid"))
	client.UseProxy(http.ProxyURL(withUser(t, proxy.URL, "proxyuser", "proxypassword")))
	failure := expectTransportError(t, write(testContext(t), client), apiclient.NotSent)
	if !strings.HasPrefix(seen.String(), "CONNECT posthog.invalid:443") || strings.Contains(seen.String(), "CANARY") {
		t.Errorf("the proxy saw %q", seen.String())
	}
	if strings.Contains(failure.Error(), "proxypassword") {
		t.Errorf("the error shows the proxy's password: %v", failure)
	}
}

func withUser(t *testing.T, address, user, password string) *url.URL {
	parsed := mustParse(t, address)
	parsed.User = url.UserPassword(user, password)
	return parsed
}

func TestADeadProxyIsNotSent(t *testing.T) {
	listener := listen(t)
	_ = listener.Close()
	client := newClient(t, mustParse(t, "https://posthog.invalid"))
	client.UseProxy(http.ProxyURL(mustParse(t, "http://"+listener.Addr().String())))
	expectTransportError(t, write(testContext(t), client), apiclient.NotSent)
}

func TestAProxyThatCannotBeFoundOutIsNotSent(t *testing.T) {
	client := newClient(t, mustParse(t, "https://posthog.invalid"))
	client.UseProxy(func(*http.Request) (*url.URL, error) { return nil, errors.New("no such proxy") })
	expectTransportError(t, write(testContext(t), client), apiclient.NotSent)
}

func TestAProxyIsUsedForTheWholeCall(t *testing.T) {
	server, trust := tlsServer(t, func(w http.ResponseWriter, _ *http.Request) {
		give(w, 200, newSamples(t, false).text(t, "CurrentUser"))
	})
	var tunnels atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tunnels.Add(1)
		tunnel(t, w, server.Listener.Addr().String())
	}))
	defer proxy.Close()
	client := newClient(t, mustParse(t, "https://example.com"))
	client.Trust(trust)
	client.UseProxy(http.ProxyURL(mustParse(t, proxy.URL)))
	if err := read(testContext(t), client); err != nil {
		t.Fatal(err)
	}
	if tunnels.Load() != 1 {
		t.Errorf("%d tunnels", tunnels.Load())
	}
	client.CloseIdleConnections()
}

// tunnel joins a proxy's client to a server until either leaves.
func tunnel(t *testing.T, w http.ResponseWriter, to string) {
	upstream, err := net.Dial("tcp", to)
	if err != nil {
		t.Error(err)
		return
	}
	downstream, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.WriteString(downstream, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(upstream, downstream)
		_ = upstream.Close()
	}()
	go func() {
		_, _ = io.Copy(downstream, upstream)
		_ = downstream.Close()
	}()
}
