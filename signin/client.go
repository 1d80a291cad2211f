package signin

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"posthog-org-mcp/visible"
)

// requestTime bounds one request, from the look-up of the name to the last byte.
const requestTime = 30 * time.Second

// NewClient returns the HTTP client of a sign-in. It heeds the proxies of the
// environment and names the program as userAgent to the host; empty is Go's own
// name.
//
// Each request has a fresh connection and HTTP/1.1, where net/http repeats
// nothing by itself: a refresh token that is sent twice looks stolen, and ends
// the sign-in.
func NewClient(userAgent string) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		Protocols:              protocols,
		DisableKeepAlives:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	client := &http.Client{Transport: transport, Timeout: requestTime}
	if userAgent != "" {
		client.Transport = named{transport, userAgent}
	}
	return client
}

// named sends every request under a program's name.
type named struct {
	http.RoundTripper
	agent string
}

func (n named) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("User-Agent", n.agent)
	return n.RoundTripper.RoundTrip(request)
}

// direct returns a copy of a client, or of NewClient's, that follows no redirect
// and keeps no cookies: whoever is asked answers, or nobody does.
func direct(client *http.Client) *http.Client {
	if client == nil {
		client = NewClient("")
	}
	copied := *client
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	copied.Jar = nil
	copied.Timeout = cmp.Or(copied.Timeout, requestTime)
	return &copied
}

// CheckClientID says what is wrong with a client id, or nil. It is the URL of a
// client metadata document: https with a path and nothing behind it, or http on
// this machine, for a sandbox.
func CheckClientID(id string) error {
	address, err := url.Parse(id)
	switch {
	case err != nil || address.Opaque != "" || address.Hostname() == "":
		return fmt.Errorf("the client id %s is not the address of a client metadata document, such as https://example.com/oauth-client.json", quote(id))
	case !trusted(address):
		return fmt.Errorf("the client id %s must begin with https://; http is for this machine only", quote(id))
	case address.User != nil || address.RawQuery != "" || address.ForceQuery || strings.Contains(id, "#"):
		return fmt.Errorf("the client id %s must come without a user name, a query or a fragment", quote(address.Host))
	case address.Path == "" || address.Path == "/":
		return fmt.Errorf("the client id %s must name a document on its host", quote(id))
	case strings.Contains(address.Path, `\`) || strings.Contains(address.Path+"/", "/./") || strings.Contains(address.Path+"/", "/../"):
		return fmt.Errorf("the path of the client id %s must not hold dot segments or backslashes", quote(id))
	}
	return nil
}

// trusted reports whether what an address answers comes from whom it names:
// https, or http on this machine.
func trusted(address *url.URL) bool {
	return address.Scheme == "https" || address.Scheme == "http" && isLoopback(address.Hostname())
}

func isLoopback(hostname string) bool {
	if strings.EqualFold(hostname, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(hostname)
	return err == nil && ip.Unmap().IsLoopback()
}

// shown is how much of other people's text an error repeats, in characters.
const shown = 200

func quote(text string) string { return visible.Quote(text, shown) }
