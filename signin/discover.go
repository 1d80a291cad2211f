package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxMetadata is how much of a metadata document is read. PostHog's, which name
// every scope there is, have a tenth of it.
const maxMetadata = 256 << 10

// cloud is the domain whose hosts share one authorization server.
const cloud = ".posthog.com"

// keyAdvice ends the errors of a host that offers no sign-in.
const keyAdvice = "Use a personal API key there"

// resourceMetadata is what a host says of itself (RFC 9728).
type resourceMetadata struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
}

// serverMetadata is what an authorization server says of itself (RFC 8414).
type serverMetadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ClientDocuments       *bool    `json:"client_id_metadata_document_supported"`
	SendsIssuer           bool     `json:"authorization_response_iss_parameter_supported"`
}

// Discover finds the authorization server of a host, and checks what it says of
// itself. The host is the address of a PostHog, https or on this machine. nil is
// NewClient("").
//
// The error matches ErrNoSignIn when the host has none that can be used. Any
// other is that the host could not be asked, or says what cannot be believed.
func Discover(ctx context.Context, host *url.URL, client *http.Client) (Server, error) {
	if !trusted(host) || host.Hostname() == "" || host.User != nil || host.RawQuery != "" || host.Fragment != "" {
		return Server{}, fmt.Errorf("cannot sign in at %s: it takes an address that begins with https://, or http:// on this machine", quote(host.Redacted()))
	}
	client = direct(client)
	base := &url.URL{Scheme: host.Scheme, Host: strings.ToLower(host.Host), Path: strings.TrimRight(host.Path, "/")}
	issuer, err := issuerFor(ctx, base, client)
	if err != nil {
		return Server{}, err
	}
	var says serverMetadata
	address := wellKnown(issuer, "oauth-authorization-server")
	if err := read(ctx, address, &says, client); err != nil {
		if errors.Is(err, errNoDocument) {
			return Server{}, none(base, err.Error())
		}
		return Server{}, fmt.Errorf("looking for the sign-in of %s: %w", base, err)
	}
	return says.check(issuer)
}

// issuerFor names the authorization server of a host: the one that it names
// itself, or itself where it does not say.
func issuerFor(ctx context.Context, host *url.URL, client *http.Client) (*url.URL, error) {
	var says resourceMetadata
	err := read(ctx, wellKnown(host, "oauth-protected-resource"), &says, client)
	if errors.Is(err, errNoDocument) {
		return host, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the sign-in of %s: %w", host, err)
	}
	if strings.TrimRight(says.Resource, "/") != host.String() {
		return nil, unbelievable(host, "says that it is "+quote(says.Resource), "If that is its real address, use that one as the host")
	}
	if len(says.Servers) == 0 {
		return nil, none(host, "it names no authorization server")
	}
	issuer, err := url.Parse(says.Servers[0])
	if err != nil || !trusted(issuer) || issuer.RawQuery != "" || issuer.Fragment != "" || issuer.User != nil || !belongTogether(host, issuer) {
		return nil, unbelievable(host, "sends people to "+quote(says.Servers[0])+" to sign in, which is not its own", keyAdvice+", or use that address as the host")
	}
	return issuer, nil
}

// belongTogether reports whether a host may send people to an issuer, and an
// issuer to an endpoint. What comes of a sign-in is sent to the host, so a host that
// named somebody else's issuer would be given tokens for that one. PostHog's own
// hosts share theirs.
func belongTogether(host, issuer *url.URL) bool {
	if host.Scheme == issuer.Scheme && strings.EqualFold(host.Host, issuer.Host) {
		return true
	}
	return issuer.Scheme == "https" && host.Scheme == "https" &&
		strings.HasSuffix(strings.ToLower(host.Host), cloud) && strings.HasSuffix(strings.ToLower(issuer.Host), cloud)
}

// check holds the metadata to what was asked for, and to what a sign-in needs.
func (m serverMetadata) check(issuer *url.URL) (Server, error) {
	// Exactly, as RFC 8414 wants it: otherwise one server could speak for another.
	if m.Issuer != issuer.String() {
		return Server{}, unbelievable(issuer, "says that it is the issuer "+quote(m.Issuer), "If that is its real address, use that one as the host")
	}
	server := Server{
		Issuer: m.Issuer, AuthorizationEndpoint: m.AuthorizationEndpoint,
		TokenEndpoint: m.TokenEndpoint, RevocationEndpoint: m.RevocationEndpoint, SendsIssuer: m.SendsIssuer,
	}
	if err := server.checkEndpoints(issuer); err != nil {
		return Server{}, err
	}
	switch {
	case !slices.Contains(m.ChallengeMethods, "S256"):
		return Server{}, none(issuer, "it does not know PKCE with S256")
	case len(m.ResponseTypes) > 0 && !slices.Contains(m.ResponseTypes, "code"):
		return Server{}, none(issuer, "it gives out no codes")
	case m.ClientDocuments != nil && !*m.ClientDocuments:
		return Server{}, none(issuer, "it takes no client metadata documents")
	}
	return server, nil
}

// Check holds a server that was stored to what Discover held it to: that a host
// may send people there, and that its endpoints are its own. Whoever stored it
// calls this before anything is sent there.
func (s Server) Check(host *url.URL) error {
	issuer, err := url.Parse(s.Issuer)
	if err != nil || !trusted(issuer) || issuer.User != nil || !belongTogether(host, issuer) {
		return unbelievable(host, "sends people to "+quote(s.Issuer)+" to sign in, which is not its own", "Sign in there again")
	}
	return s.checkEndpoints(issuer)
}

// checkEndpoints refuses endpoints that are not the issuer's own. One that named
// somebody else's page to consent at, and itself to bring the code to, would be
// given what that page allows.
func (s Server) checkEndpoints(issuer *url.URL) error {
	for _, endpoint := range []struct {
		name, address string
		optional      bool
	}{
		{"authorization endpoint", s.AuthorizationEndpoint, false},
		{"token endpoint", s.TokenEndpoint, false},
		{"revocation endpoint", s.RevocationEndpoint, true},
	} {
		if endpoint.address == "" && endpoint.optional {
			continue
		}
		if endpoint.address == "" {
			return none(issuer, "it has no "+endpoint.name)
		}
		address, err := url.Parse(endpoint.address)
		if err != nil || address.Hostname() == "" || address.User != nil || address.Fragment != "" ||
			!trusted(address) || address.Scheme == "http" && issuer.Scheme != "http" {
			return unbelievable(issuer, "names the "+endpoint.name+" "+quote(endpoint.address)+", which is not safe to use", keyAdvice)
		}
		if !belongTogether(issuer, address) {
			return unbelievable(issuer, "names the "+endpoint.name+" "+quote(endpoint.address)+", which is not its own", keyAdvice)
		}
	}
	return nil
}

// none is that a host offers no sign-in, and why.
func none(host *url.URL, why string) error {
	return &failure{kind: ErrNoSignIn, text: host.String() + " offers no sign-in in the browser: " + why, advice: keyAdvice + "."}
}

// unbelievable is that a host says what no honest one does.
func unbelievable(host *url.URL, what, advice string) error {
	return &failure{text: "cannot sign in at " + host.String() + ": it " + what, advice: advice + "."}
}

// wellKnown is where a host keeps a document about itself: the name goes before
// the path.
func wellKnown(of *url.URL, name string) *url.URL {
	return &url.URL{Scheme: of.Scheme, Host: of.Host, Path: "/.well-known/" + name + strings.TrimRight(of.Path, "/")}
}

// errNoDocument is that a host has no such document: hosts that do not know an
// address answer with 404, with a page, or by leading to their login.
var errNoDocument = errors.New("there is no document")

// read fills a document from an address. It must be JSON, and what is longer
// than maxMetadata is none.
func read[T any](ctx context.Context, address *url.URL, into *T, client *http.Client) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata+1))
	if err != nil {
		return fmt.Errorf("reading %s: %w", address, err)
	}
	switch code := response.StatusCode; {
	case code >= 300 && code < 400:
		return fmt.Errorf("%w at %s, which leads on to %s", errNoDocument, address, leadsTo(response))
	case code == http.StatusTooManyRequests || code >= 500:
		return fmt.Errorf("%s answered %d; try again in a minute", address, code)
	case code != http.StatusOK:
		return fmt.Errorf("%w at %s, which answered %d", errNoDocument, address, code)
	case len(body) > maxMetadata:
		return fmt.Errorf("%w at %s, but more than %d KiB", errNoDocument, address, maxMetadata>>10)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w at %s, but something that is not its JSON", errNoDocument, address)
	}
	return nil
}

// leadsTo is the host that a redirect names; the rest of its address may be
// anything.
func leadsTo(response *http.Response) string {
	to, err := response.Location()
	if err != nil {
		return "nowhere"
	}
	return quote(to.Scheme + "://" + to.Host)
}
