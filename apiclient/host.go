package apiclient

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// CheckHost returns the address to build requests on: no closing slash, nothing
// but scheme, host and perhaps a path. New refuses the same addresses. The
// error says which rule was broken, and repeats no more than the host's name.
func CheckHost(host *url.URL) (*url.URL, error) {
	if host == nil {
		return nil, errors.New("the host is missing")
	}
	// The address is not repeated whole: its user info or query may be a secret.
	name := quote(host.Host)
	switch {
	case host.User != nil:
		return nil, fmt.Errorf("the host %s must come without a user name or password", name)
	case host.RawQuery != "" || host.ForceQuery || host.Fragment != "":
		return nil, fmt.Errorf("the host %s must come without a query or fragment", name)
	case host.Opaque != "" || host.Hostname() == "":
		return nil, errors.New("the host must be an address such as https://us.posthog.com")
	case host.Scheme == "http" && !isLoopback(host.Hostname()):
		return nil, fmt.Errorf("the host %s must be reached by https; http is for this machine only", name)
	case host.Scheme != "https" && host.Scheme != "http":
		return nil, fmt.Errorf("the host %s must begin with https://, not %s", name, quote(host.Scheme+"://"))
	case hasDotSegment(host.Path):
		return nil, fmt.Errorf("the path of the host %s must not hold dot segments or backslashes", name)
	}
	base := &url.URL{Scheme: host.Scheme, Host: strings.ToLower(host.Host)}
	if path := strings.Trim(host.EscapedPath(), "/"); path != "" {
		base = withPath(base, "/"+path)
	}
	return base, nil
}

// withPath returns a copy of u with another path, given as EscapedPath gives it.
// JoinPath would leave out the leading slash where u has no path of its own.
func withPath(u *url.URL, escaped string) *url.URL {
	copied := *u
	if path, err := url.PathUnescape(escaped); err == nil {
		copied.Path, copied.RawPath = path, escaped
	}
	return &copied
}

func isLoopback(hostname string) bool {
	if strings.EqualFold(hostname, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(hostname)
	return err == nil && address.Unmap().IsLoopback()
}

// hasDotSegment reports whether a decoded path would climb or stand still
// somewhere, or holds a backslash, which some servers read as a slash.
func hasDotSegment(path string) bool {
	if strings.Contains(path, `\`) {
		return true
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// sameOrigin reports whether two addresses have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	switch u.Scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// originOf is what errors show of an address that the server named: a path or
// query may carry a secret.
func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }
