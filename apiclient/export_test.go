package apiclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
)

// The tests of this package look into a client only here.

// Trust makes the client's own transports take the certificates in config.
func (c *Client) Trust(config *tls.Config) {
	for _, transport := range c.transports() {
		transport.TLSClientConfig = config.Clone()
	}
}

// UseProxy replaces the environment's proxy, which net/http leaves out for loopback.
func (c *Client) UseProxy(proxy func(*http.Request) (*url.URL, error)) {
	for _, transport := range c.transports() {
		transport.Proxy = proxy
	}
}

// DialWith replaces the network.
func (c *Client) DialWith(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	for _, transport := range c.transports() {
		transport.DialContext = dial
	}
}

// CloseIdleConnections closes the connections that are kept open.
func (c *Client) CloseIdleConnections() {
	for _, transport := range c.transports() {
		transport.CloseIdleConnections()
	}
}

func (c *Client) transports() []*http.Transport {
	return []*http.Transport{c.core.reads.(*http.Transport), c.core.writes.(*http.Transport), c.core.rotations.(*http.Transport)}
}
