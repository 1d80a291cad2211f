package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
)

// noConnection explains why the host did not answer. Connected tells that the
// request was given to a connection, secured that TLS had begun on one.
func (x *examination) noConnection(ctx context.Context, err error, connected, secured bool) Finding {
	host := x.hostName()
	var proxy *proxyError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &proxy) && proxy.status == http.StatusProxyAuthRequired:
		return fault("The proxy of "+x.proxyVariable()+" asks for a user name and a password (407).",
			"Put them into "+x.proxyVariable()+" (http://user:password@proxy:port), or ask whoever runs the proxy.")
	case errors.As(err, &proxy):
		return fault(fmt.Sprintf("The proxy of %s does not let a connection through to %s (%d).", x.proxyVariable(), host, proxy.status),
			"Ask whoever runs the proxy to allow it.")
	case errors.As(err, &certificate):
		return x.wrongCertificate(ctx, certificate)
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fault(host+" answers there without TLS.", x.atHost("Correct the port in POSTHOG_HOST: https needs one that speaks TLS."))
	case isRefused(err):
		return fault("Nothing listens at "+host+": the connection is refused.", x.atHost("Start that PostHog, or correct the host and port in POSTHOG_HOST."))
	case isLate(err) && connected:
		return fault(host+" takes the connection, and does not answer.", "Try again in a minute. If it goes on, look at that PostHog, at the proxy, and at the firewall in between.")
	case isLate(err) && secured:
		return fault(host+" takes the connection, and does not answer by TLS.", x.atHost("Look at the firewall in between, and at the port in POSTHOG_HOST."))
	case isLate(err):
		return fault("No connection to "+host+" comes about in time.", "Look at the network, the VPN and the firewall: one that drops what it does not allow looks like this.")
	case secured && !connected:
		return fault(fmt.Sprintf("No TLS with %s comes about: %s.", host, reason(err)), x.atHost("Look at the port in POSTHOG_HOST, and at what stands in between: a firewall or a proxy may break connections."))
	case connected:
		return fault(host+" takes the connection, and breaks it off without an answer.", "Look at that PostHog, and at what stands in between: a firewall or a proxy may break connections.")
	default:
		return fault(fmt.Sprintf("%s cannot be reached: %s.", host, reason(err)), x.atHost("Look at the network, the VPN and POSTHOG_HOST."))
	}
}

func isLate(err error) bool {
	var limit interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &limit) && limit.Timeout()
}

// wrongCertificate explains a certificate that is not accepted. One that seems to
// be of another time is held against the host's own clock first.
func (x *examination) wrongCertificate(ctx context.Context, err *tls.CertificateVerificationError) Finding {
	host := x.hostName()
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return x.untimely(ctx, invalid.Cert)
	case errors.As(err, &name):
		return fault(fmt.Sprintf("%s shows a certificate of another host: it is for %s.", host, x.namesOf(name.Certificate)),
			x.atHost("Correct the host in POSTHOG_HOST: the certificate must be for the very name that stands there."))
	case errors.As(err, &unknown):
		return fault(fmt.Sprintf("The certificate of %s is signed by %s, which this machine does not know.", host, x.issuerOf(err)),
			"Where a company's proxy or your own PostHog has an authority of its own, have the system trust it, or name its PEM file in SSL_CERT_FILE (on Linux). Elsewhere do not go on: somebody may listen.")
	}
	return fault(fmt.Sprintf("The certificate of %s is not accepted: %s.", host, config.Quote(err.Err.Error())), "Ask whoever runs that host.")
}

// untimely explains a certificate that is not valid at this machine's time.
func (x *examination) untimely(ctx context.Context, certificate *x509.Certificate) Finding {
	now := x.World.Now()
	host := x.hostName()
	if real, known := x.timeAtHost(ctx); known && !real.Before(certificate.NotBefore) && !real.After(certificate.NotAfter) {
		return fault(fmt.Sprintf("This machine's clock is %s %s the host's, so the certificate of %s seems to be of another time.", span(now.Sub(real)), direction(now.Sub(real)), host),
			"Set this machine's clock.")
	}
	if now.Before(certificate.NotBefore) {
		return fault(fmt.Sprintf("The certificate of %s is not valid before %s.", host, certificate.NotBefore.UTC().Format(time.DateOnly)),
			"Look at this machine's clock; if that is right, ask whoever runs the host.")
	}
	return fault(fmt.Sprintf("The certificate of %s has expired on %s.", host, certificate.NotAfter.UTC().Format(time.DateOnly)),
		"Ask whoever runs that host to renew it.")
}

// timeAtHost is what the host takes for the time. Its certificate is not looked
// at; no key goes along.
func (x *examination) timeAtHost(ctx context.Context) (time.Time, bool) {
	answer, err := x.ask(ctx, x.host(), redact.Secret{}, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return time.Time{}, false
	}
	real, err := http.ParseTime(answer.header.Get("Date"))
	return real, err == nil
}

// namesOf are the hosts that a certificate is for.
func (x *examination) namesOf(certificate *x509.Certificate) string {
	var names []string
	for _, name := range certificate.DNSNames {
		names = append(names, config.Quote(name))
	}
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	const most = 3
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	if len(names) == 0 {
		return "none"
	}
	return x.hide(strings.Join(names, ", "), "(other hosts)")
}

// issuerOf is who signed the certificate that a host showed.
func (x *examination) issuerOf(err *tls.CertificateVerificationError) string {
	if len(err.UnverifiedCertificates) == 0 {
		return "somebody"
	}
	last := err.UnverifiedCertificates[len(err.UnverifiedCertificates)-1]
	return x.hide(config.Quote(last.Issuer.String()), "(an authority)")
}

// tolerated is how far a clock may be off before anything goes by it.
const tolerated = 5 * time.Minute

// clock holds this machine's clock against the host's.
func (x *examination) clock(context.Context) Finding {
	real, err := http.ParseTime(x.answer.header.Get("Date"))
	if err != nil {
		return ok("The host does not tell the time.")
	}
	// The answer was made at some moment between the two.
	off := time.Duration(0)
	switch {
	case x.answer.ended.Before(real):
		off = x.answer.ended.Sub(real)
	case x.answer.began.After(real.Add(time.Second)): // the header has whole seconds
		off = x.answer.began.Sub(real)
	}
	if off.Abs() <= tolerated {
		return ok("It agrees with the host's.")
	}
	return warning(fmt.Sprintf("This machine's clock is %s %s the host's.", span(off), direction(off)),
		"Set this machine's clock: certificates, sign-ins, confirmations and the journal's times go by it.")
}

// direction is ahead of or behind.
func direction(off time.Duration) string {
	if off > 0 {
		return "ahead of"
	}
	return "behind"
}

// span is a time without what does not count.
func span(off time.Duration) string {
	off = off.Abs()
	switch {
	case off >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(off.Hours())/24)
	case off >= time.Hour:
		return strings.TrimSuffix(off.Round(time.Minute).String(), "0s")
	}
	return strings.TrimSuffix(off.Round(time.Minute).String(), "0s")
}
