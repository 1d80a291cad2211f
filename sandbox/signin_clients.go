package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// clientDocument is what a client says of itself, at the address that is its id.
type clientDocument struct {
	ID           string      `json:"client_id"`
	Name         string      `json:"client_name"`
	RedirectURIs []string    `json:"redirect_uris"`
	GrantTypes   []string    `json:"grant_types"`
	Responses    []string    `json:"response_types"`
	Method       string      `json:"token_endpoint_auth_method"`
	PostHog      clientLimit `json:"com.posthog"`
}

// clientLimit is the most that a client asks for.
type clientLimit struct {
	Scopes []string `json:"scopes"`
}

// maxClientDocument is how much of a document is read: PostHog's limit.
const maxClientDocument = 5 << 10

// ownClient answers with the client metadata document of the program that the
// sandbox comes with.
func ownClient(_ context.Context, v *visit) (answer, error) {
	return jsonAnswer(http.StatusOK, ownDocument(originOf(v.request)))
}

func ownDocument(origin string) clientDocument {
	return clientDocument{
		ID: origin + ClientPath, Name: "Organization MCP server for PostHog",
		RedirectURIs: []string{"http://127.0.0.1/callback"},
		GrantTypes:   []string{"authorization_code", "refresh_token"}, Responses: []string{"code"}, Method: "none",
		PostHog: clientLimit{Scopes: []string{
			"organization:read", "organization:write", "organization_member:read", "project:read", "user:read",
		}},
	}
}

// clientOf finds a client's document: one that the sandbox was given, its own, or
// one on this machine; or a sentence for the person, why there is none.
func (o SignIn) clientOf(ctx context.Context, origin, id string) (client clientDocument, why string) {
	var text []byte
	given, known := o.Clients[id]
	address, err := url.Parse(id)
	switch {
	case known:
		text = given
	case id == origin+ClientPath:
		return ownDocument(origin), ""
	case err != nil || address.Hostname() == "" || address.User != nil || address.RawQuery != "" || address.Fragment != "" || strings.Trim(address.Path, "/") == "":
		return clientDocument{}, "The client id must be the address of a client metadata document, with nothing behind its path."
	case !isLoopbackName(address.Hostname()):
		return clientDocument{}, "The sandbox goes to no network, so it knows clients on this machine only: " + origin + ClientPath + " is its own."
	default:
		if text, err = fetchDocument(ctx, id); err != nil {
			return clientDocument{}, "The client metadata document cannot be read: " + err.Error() + "."
		}
	}
	if err := json.Unmarshal(text, &client); err != nil || len(text) > maxClientDocument {
		return clientDocument{}, "The client metadata document is not JSON of at most 5 KiB."
	}
	return client, client.check(id)
}

// check says what is wrong with the document at an address, by the rules for
// clients that have no secret; empty: nothing.
func (c clientDocument) check(id string) string {
	switch {
	case c.ID != id:
		return fmt.Sprintf("The client metadata document is of another client: %q.", c.ID)
	case c.Name == "":
		return "The client metadata document has no client_name."
	case len(c.RedirectURIs) == 0:
		return "The client metadata document has no redirect_uris."
	case c.Method != "" && c.Method != "none":
		return "The client metadata document wants a client secret, and such a client has none."
	}
	return ""
}

// takes reports whether a client may be sent back to an address. One on loopback
// is registered without its port, and any will do (RFC 8252).
func (c clientDocument) takes(redirect string) bool {
	if slices.Contains(c.RedirectURIs, redirect) {
		return true
	}
	address, err := url.Parse(redirect)
	if err != nil || address.Scheme != "http" || address.User != nil || address.Fragment != "" {
		return false
	}
	if ip, err := netip.ParseAddr(address.Hostname()); err != nil || !ip.IsLoopback() {
		return false
	}
	without := *address
	without.Host = strings.TrimSuffix(address.Host, ":"+address.Port())
	return slices.Contains(c.RedirectURIs, without.String())
}

// allowed are those of the scopes that the client's own limit lets it ask for.
func (c clientDocument) allowed(scopes []string) []string {
	if len(c.PostHog.Scopes) == 0 {
		return scopes
	}
	limit := apiKey{Scopes: c.PostHog.Scopes}
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return !limit.has(scope) })
}

// fetchDocument reads a document on this machine, as PostHog reads one anywhere:
// in a few seconds, without redirects and proxies.
func fetchDocument(ctx context.Context, address string) ([]byte, error) {
	client := &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{DialContext: dialLoopback, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("its server answered %d", response.StatusCode)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxClientDocument+1))
}

// dialLoopback goes nowhere but to this machine, whatever a name resolves to.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if to, isTCP := conn.RemoteAddr().(*net.TCPAddr); !isTCP || !to.IP.IsLoopback() {
		_ = conn.Close()
		return nil, errors.New("it is not on this machine")
	}
	return conn, nil
}

func isLoopbackName(hostname string) bool {
	if strings.EqualFold(hostname, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(hostname)
	return err == nil && ip.Unmap().IsLoopback()
}
