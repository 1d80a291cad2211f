package signin

import "net/url"

// BelongTogether reports whether a host may send people to an issuer.
func BelongTogether(host, issuer *url.URL) bool { return belongTogether(host, issuer) }
