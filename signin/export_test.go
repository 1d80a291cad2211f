package signin

import (
	"context"
	"net"
	"net/url"
)

// BelongTogether reports whether a host may send people to an issuer.
func BelongTogether(host, issuer *url.URL) bool { return belongTogether(host, issuer) }

// SignInOver is SignIn with another way to listen on loopback.
func SignInOver(ctx context.Context, r Request, listen func(context.Context) (net.Listener, error)) (Token, error) {
	return signIn(ctx, r, listen)
}
