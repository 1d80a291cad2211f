package e2e_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// The whole way as it is in a company: a proxy, and a certificate of an authority
// of its own. The entry of an assistant is started besides.
func TestTheDoctorGoesTheWholeWayThroughAProxyByTLS(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere SSL_CERT_FILE is not read")
	}
	const host = "posthog.example.com"
	stage := harness.Backend(t, sandbox.Options{})
	secure := httptest.NewUnstartedServer(stage.Sandbox) // not held to the document: one request goes without a key
	authority := selfSigned(t, host, secure)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	var through atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != host+":443" {
			t.Errorf("the proxy is asked for %s %s", r.Method, r.Host)
		}
		through.Add(1)
		tunnel(w, secure.Listener.Addr().String())
	}))
	t.Cleanup(proxy.Close)

	home := t.TempDir()
	entry := `{"mcpServers": {"posthog-org": {"command": "` + harness.Binary(t) + `", "env": {"POSTHOG_MCP_SANDBOX": "true"}}}}`
	if err := os.Mkdir(filepath.Join(home, ".cursor"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".cursor", "mcp.json"), []byte(entry), 0o600); err != nil {
		t.Fatal(err)
	}
	out := harness.Run(t, harness.Command{Args: []string{"doctor"}, Env: map[string]string{
		"HOME": home, "HTTPS_PROXY": proxy.URL, "SSL_CERT_FILE": authority,
		"POSTHOG_HOST": "https://" + host, "POSTHOG_PERSONAL_API_KEY": sandbox.AdminKey,
	}})
	if out.ExitCode != 0 || out.Stderr != "" {
		t.Fatalf("%d\n%s%s", out.ExitCode, out.Stdout, out.Stderr)
	}
	for _, line := range []string{"HTTPS_PROXY leads through", "certificate that is in order", "is a PostHog", "Cursor, \"posthog-org\"", "All is well."} {
		if !strings.Contains(out.Stdout, line) {
			t.Errorf("it does not say %q:\n%s", line, out.Stdout)
		}
	}
	if through.Load() == 0 {
		t.Error("nothing went through the proxy")
	}
}

// selfSigned gives a server a certificate, and returns the file of its authority.
func selfSigned(t *testing.T, host string, server *httptest.Server) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{signed}, PrivateKey: key}}}
	var text bytes.Buffer
	if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: signed}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tunnel joins a client of a proxy with an address, until one of them ends.
func tunnel(w http.ResponseWriter, address string) {
	far, err := net.Dial("tcp", address)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	ended := make(chan struct{}, 2)
	for _, way := range []struct{ to, from net.Conn }{{far, near}, {near, far}} {
		go func() {
			_, _ = io.Copy(way.to, way.from)
			ended <- struct{}{}
		}()
	}
	<-ended
}
