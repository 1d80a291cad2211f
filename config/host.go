package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"

	"posthog-org-mcp/apiclient"
)

const hostAdvice = "Use us or eu for PostHog Cloud, or the address of your own PostHog, such as https://posthog.example.com."

// The regions of PostHog Cloud.
const (
	cloudUS = "us.posthog.com"
	cloudEU = "eu.posthog.com"
)

// otherNames are hosts of PostHog Cloud that do not answer this API, and the
// one that does. They stand in many environments, because the SDKs that send
// events use them under the same variable name.
func otherNames() map[string]string {
	return map[string]string{
		"us":                      cloudUS,
		"eu":                      cloudEU,
		"us.i.posthog.com":        cloudUS,
		"us-assets.i.posthog.com": cloudUS,
		"eu.i.posthog.com":        cloudEU,
		"eu-assets.i.posthog.com": cloudEU,
		// The address from before there were regions; it now leads to US.
		"app.posthog.com": cloudUS,
		"i.posthog.com":   cloudUS,
	}
}

// host takes a region, a host name or a URL. One copied from a browser's
// address line will do.
func (l *loader) host(v value) {
	if v.where == "" && l.profile != nil {
		l.profileHost()
		return
	}
	text := v.text
	if isKeyShaped(text) {
		// It would go out with the first look-up of the name.
		l.fail(v.where, "holds something that looks like an API key, not a host.", hostAdvice)
		return
	}
	if name, known := otherNames()[strings.ToLower(text)]; known && !strings.Contains(text, ".") {
		text = name
	}
	if !strings.Contains(text, "://") {
		text = defaultScheme(text) + "://" + text
	}
	address, err := url.Parse(text)
	if err != nil || address.Hostname() == "" || strings.ContainsAny(text, " \t\r\n") {
		l.fail(v.where, fmt.Sprintf("is %s, which is not an address.", Quote(v.text)), hostAdvice)
		return
	}
	if address.User != nil {
		// The value is not shown: it holds a password.
		l.fail(v.where, "holds a user name or password before the host.", "Leave that part out: the personal API key is the only credential.")
		return
	}
	name := strings.ToLower(address.Hostname())
	if name == "posthog.com" || name == "www.posthog.com" {
		l.fail(v.where, fmt.Sprintf("is %s, which is PostHog's website, not its API.", Quote(v.text)), hostAdvice)
		return
	}
	host := &url.URL{Scheme: strings.ToLower(address.Scheme), Host: strings.ToLower(address.Host), Path: installation(address.Path)}
	if api, known := otherNames()[name]; known {
		host.Host, host.Path = api, ""
		l.note(slog.LevelWarn, "%s: %s does not answer this API, so %s is used; write us or eu to choose", v.where, name, api)
	} else if strings.TrimRight(address.Path, "/") != host.Path || address.RawQuery != "" || address.Fragment != "" {
		l.note(slog.LevelInfo, "%s: only %s counts, the rest of the address is ignored", v.where, host)
	}
	if _, err := apiclient.CheckHost(host); err != nil {
		l.fail(v.where, fmt.Sprintf("cannot be used: %v.", err), hostAdvice)
		return
	}
	l.config.Host = host
	l.keepsToHost(v)
}

func isLoopback(name string) bool {
	address, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && address.Unmap().IsLoopback()
}

// installation cuts the path of a page in the app off an address. What is left
// is empty, or the path under which somebody's own PostHog is installed.
func installation(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i, segment := range segments {
		switch segment {
		case "api", "project", "projects", "organization", "settings", "login", "signup", "home", "me", "mcp", "account":
			segments = segments[:i]
			return strings.TrimRight("/"+strings.Join(segments, "/"), "/")
		}
	}
	return strings.TrimRight("/"+strings.Join(segments, "/"), "/")
}

// defaultScheme completes an address without one: plain http where nobody can
// listen on the way, https everywhere else.
func defaultScheme(address string) string {
	if host, err := url.Parse("//" + address); err == nil && isLoopback(host.Hostname()) {
		return "http"
	}
	return "https"
}
