package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
)

// The way to PostHog: a proxy perhaps, the name of the host, a connection, and a
// request without the key, which is sent to nothing that may not be PostHog.

// proxyOnTheWay tells which proxy applies, and whether somebody is there.
func (x *examination) proxyOnTheWay(ctx context.Context) Finding {
	if x.host() == nil || x.isHostAssumed() {
		return x.withoutHost()
	}
	proxy, err := x.proxyFor(x.host())
	name := x.proxyVariable()
	if err == nil && proxy != nil && strings.Contains(variable(x.Environ, name), "://") {
		// What cannot be read as an address would be taken for the name of a host.
		_, err = url.Parse(variable(x.Environ, name))
	}
	if err != nil {
		return fault(fmt.Sprintf("%s is not the address of a proxy.", name), "Write it as http://proxy.example.com:3128, or remove it.")
	}
	if proxy == nil {
		if name != "" {
			return ok("%s is set, and does not apply to %s.", name, x.hostName())
		}
		return ok("None.")
	}
	x.proxy = proxy
	address := hostAndPort(proxy)
	shown := x.hide(address, "(proxy)")
	x.private.add(proxy.Hostname(), "(proxy)")
	ctx, cancel := context.WithTimeout(ctx, x.stage(x.Settings.Config.Timeouts.Connect))
	defer cancel()
	connection, err := x.dialProxy(ctx, proxy.Hostname(), address)
	if err != nil {
		return fault(fmt.Sprintf("The proxy %s of %s cannot be reached: %s.", shown, name, reason(err)),
			fmt.Sprintf("Start the proxy, correct %s where the client runs, or exempt %s with NO_PROXY.", name, x.hostName()))
	}
	_ = connection.Close()
	return ok("%s leads through %s, which can be reached.", name, shown)
}

// dialProxy connects to a proxy whose name there is.
func (x *examination) dialProxy(ctx context.Context, name, address string) (net.Conn, error) {
	if _, err := netip.ParseAddr(name); err != nil && name != "localhost" {
		if _, err := x.World.LookUp(ctx, name); err != nil {
			return nil, err
		}
	}
	return x.World.Dial(ctx, "tcp", address)
}

// proxyFor is the proxy on the way to a host, by the environment; nil is none.
func (x *examination) proxyFor(host *url.URL) (*url.URL, error) {
	return x.proxies().ProxyFunc()(host)
}

func (x *examination) proxies() *httpproxy.Config {
	get := func(name string) string {
		return cmp.Or(variable(x.Environ, name), variable(x.Environ, strings.ToLower(name)))
	}
	return &httpproxy.Config{
		HTTPProxy: get("HTTP_PROXY"), HTTPSProxy: get("HTTPS_PROXY"), NoProxy: get("NO_PROXY"),
		CGI: variable(x.Environ, "REQUEST_METHOD") != "",
	}
}

// proxyVariable is the variable that names a proxy for the host's scheme; "" when
// none is set.
func (x *examination) proxyVariable() string {
	name := strings.ToUpper(x.host().Scheme) + "_PROXY"
	for _, spelt := range []string{name, strings.ToLower(name)} {
		if variable(x.Environ, spelt) != "" {
			return spelt
		}
	}
	return ""
}

// nameOfHost looks the host's name up, unless that is the proxy's business.
func (x *examination) nameOfHost(ctx context.Context) Finding {
	name := x.host().Hostname()
	shown := x.hostName()
	if x.proxy != nil {
		return ok("%s is left to the proxy.", shown)
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return ok("%s is an address.", shown)
	}
	ctx, cancel := context.WithTimeout(ctx, x.stage(x.Settings.Config.Timeouts.Connect))
	defer cancel()
	began := x.World.Now()
	addresses, err := x.World.LookUp(ctx, name)
	if err == nil && len(addresses) > 0 {
		return ok("%s has %s (%s).", shown, counted(len(addresses), "address"), took(x.World.Now().Sub(began)))
	}
	var unknown *net.DNSError
	if errors.As(err, &unknown) && unknown.IsNotFound || err == nil {
		return fault(fmt.Sprintf("There is no host called %s.", shown), x.atHost("Correct POSTHOG_HOST, or look at this machine's DNS: a name inside a company may need its VPN."))
	}
	return fault(fmt.Sprintf("The name %s cannot be looked up: %s.", shown, reason(err)), "Look at this machine's network and DNS, and at the VPN if there is one.")
}

// hostAnswer is what the host answered to a request without a key.
type hostAnswer struct {
	status int
	header http.Header
	body   []byte
	// began and ended are by this machine's clock.
	began, ended time.Time
}

// connection asks the host something, and tells how far that came.
func (x *examination) connection(ctx context.Context) Finding {
	var connected, secured bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:           func(httptrace.GotConnInfo) { connected = true },
		TLSHandshakeStart: func() { secured = true },
	})
	answer, err := x.ask(ctx, x.host(), redact.Secret{}, nil)
	if err != nil {
		return x.noConnection(ctx, err, connected, secured)
	}
	x.answer = answer
	how := "by http, on this machine"
	if x.host().Scheme == "https" {
		how = "by https, with a certificate that is in order"
	}
	return ok("%s answers %s (%s).", x.hostName(), how, took(answer.ended.Sub(answer.began)))
}

// longestAnswer is how much of an answer is read, in bytes.
const longestAnswer = 64 << 10

// ask sends the one request that every PostHog answers to anybody: who am I. The
// key goes along only where it is given; a redirect to another address is not
// followed. A nil config is one that trusts whom the world trusts.
func (x *examination) ask(ctx context.Context, host *url.URL, key redact.Secret, trust *tls.Config) (hostAnswer, error) {
	timeouts := x.Settings.Config.Timeouts
	connect, header := x.stage(timeouts.Connect), x.stage(timeouts.Header)
	ctx, cancel := context.WithTimeout(ctx, connect+header)
	defer cancel()
	if trust == nil {
		trust = &tls.Config{RootCAs: x.World.Roots, Time: x.World.Now}
	}
	transport := &http.Transport{
		Proxy: func(request *http.Request) (*url.URL, error) { return x.proxyFor(request.URL) },
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, connect)
			defer cancel()
			return x.World.Dial(ctx, network, address)
		},
		TLSClientConfig: trust, TLSHandshakeTimeout: connect, ResponseHeaderTimeout: header,
		DisableKeepAlives: true, MaxResponseHeaderBytes: longestAnswer,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return &proxyError{answer.StatusCode}
			}
			return nil
		},
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if !key.IsZero() || len(before) > 3 || next.URL.Scheme != host.Scheme || next.URL.Host != host.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, host.JoinPath("/api/users/@me/").String(), nil)
	if err != nil {
		return hostAnswer{}, err
	}
	request.Header.Set("User-Agent", x.UserAgent)
	request.Header.Set("Accept", "application/json")
	if !key.IsZero() {
		request.Header.Set("Authorization", "Bearer "+key.Reveal())
	}
	began := x.World.Now()
	response, err := client.Do(request)
	if err != nil {
		return hostAnswer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	answer := hostAnswer{status: response.StatusCode, header: response.Header, began: began, ended: x.World.Now()}
	// What is cut off is no answer of PostHog's; the check of that tells.
	answer.body, _ = io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	return answer, nil
}

// proxyError is a proxy that does not let a connection through.
type proxyError struct{ status int }

func (e *proxyError) Error() string { return fmt.Sprintf("the proxy answered %d", e.status) }

// stage is how long a step may take: what the settings say, and no longer than
// somebody waits who looks for a fault.
func (x *examination) stage(set time.Duration) time.Duration {
	if set <= 0 || set > LongestStage {
		return LongestStage
	}
	return set
}

// hostAndPort is where a proxy listens.
func hostAndPort(address *url.URL) string {
	port := address.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[address.Scheme]
	}
	return net.JoinHostPort(address.Hostname(), cmp.Or(port, "80"))
}

// reason is why the network failed, in a few words.
func reason(err error) string {
	var wrapped *net.OpError
	var limit interface{ Timeout() bool }
	var unknown *net.DNSError
	switch text := err.Error(); {
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return "there is no host of that name"
	case isRefused(err):
		return "nothing listens there"
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &limit) && limit.Timeout():
		return "no answer came in time"
	case errors.As(err, &wrapped) && wrapped.Err != nil:
		return config.Quote(wrapped.Err.Error())
	default:
		return config.Quote(text)
	}
}

// isRefused reports whether a connection was refused. Windows words it otherwise,
// under another number.
func isRefused(err error) bool { return strings.Contains(err.Error(), "refused") }

// counted is a number with its noun.
func counted(count int, noun string) string {
	switch {
	case count == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return fmt.Sprintf("%d %ses", count, noun)
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", count, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", count, noun)
}

func took(time time.Duration) string { return fmt.Sprintf("%d ms", time.Milliseconds()) }
