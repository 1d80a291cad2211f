package apiclient_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/contract"
)

// write is a call that must never be carried out twice.
func write(ctx context.Context, client *apiclient.Client) error {
	_, err := client.RotateSecretToken(ctx, organization, projectID, nil)
	return err
}

func read(ctx context.Context, client *apiclient.Client) error {
	_, err := client.Reader().CurrentUser(ctx)
	return err
}

// expectTransportError checks what is known of a write that got no answer.
func expectTransportError(t *testing.T, err error, sent apiclient.Sent) *apiclient.TransportError {
	t.Helper()
	var failure *apiclient.TransportError
	if !errors.As(err, &failure) {
		t.Fatalf("%T is no *TransportError: %v", err, err)
	}
	want := map[apiclient.Sent]string{apiclient.NotSent: "NotSent", apiclient.MaybeSent: "UnknownOutcome"}[sent]
	if failure.Sent != sent || matched(err) != want {
		t.Errorf("%v: %v, matches %q; want %v, %q", err, failure.Sent, matched(err), sent, want)
	}
	if strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the error shows the key: %v", err)
	}
	return failure
}

func TestARefusedConnectionIsNotSent(t *testing.T) {
	listener := listen(t)
	address := "http://" + listener.Addr().String()
	_ = listener.Close()
	failure := expectTransportError(t, write(testContext(t), newClient(t, mustParse(t, address))), apiclient.NotSent)
	if !strings.Contains(failure.Error(), "PATCH projects/{id}/rotate_secret_token/: not sent: the connection failed: ") {
		t.Errorf("the message is %q", failure)
	}
}

func TestAnUnknownHostIsNotSent(t *testing.T) {
	// .invalid never resolves, whatever the resolver; without one, asking fails.
	client := newClient(t, mustParse(t, "https://posthog.invalid"))
	client.UseProxy(nil)
	expectTransportError(t, write(testContext(t), client), apiclient.NotSent)
}

func TestAnUntrustedCertificateIsNotSent(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	failure := expectTransportError(t, write(testContext(t), newClient(t, mustParse(t, server.URL))), apiclient.NotSent)
	var certificate *tls.CertificateVerificationError
	if !errors.As(failure, &certificate) {
		t.Errorf("the cause is lost: %v", failure)
	}
	if requests.Load() != 0 {
		t.Error("a request went out")
	}
}

func TestAPlainServerUnderHTTPSIsNotSent(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	expectTransportError(t, write(testContext(t), newClient(t, mustParse(t, strings.Replace(server.URL, "http", "https", 1)))), apiclient.NotSent)
}

// tlsServer serves HTTP/2 and HTTP/1.1 for example.com, and says how to trust it.
func tlsServer(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *tls.Config) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, &tls.Config{RootCAs: roots}
}

func TestWritesNeverUseHTTP2AndReadsDo(t *testing.T) {
	var protocol atomic.Value
	answer := newSamples(t, false)
	server, trust := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		protocol.Store(r.Proto)
		schema := "Project"
		if r.Method == http.MethodGet {
			schema = "CurrentUser"
		}
		give(w, 200, answer.text(t, schema))
	})
	client := newClient(t, mustParse(t, server.URL))
	client.Trust(trust)
	for want, call := range map[string]func(context.Context, *apiclient.Client) error{"HTTP/2.0": read, "HTTP/1.1": write} {
		if err := call(testContext(t), client); err != nil || protocol.Load() != want {
			t.Errorf("%v over %v, want %s", err, protocol.Load(), want)
		}
	}
}

func TestADroppedConnectionMayHaveBeenSent(t *testing.T) {
	for name, after := range map[string]string{
		"before the answer":        "",
		"within the status line":   "HTTP/1.1 20",
		"within the header":        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A",
		"after a garbled answer":   "SSH-2.0-OpenSSH_9.9\r\n\r\n",
		"after an endless header":  "HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"after a secret's garbage": "HTTP/1.1 " + canary + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			server := newRawServer(t, func(conn net.Conn, _ int) { _, _ = io.WriteString(conn, after) })
			expectTransportError(t, write(testContext(t), newClient(t, server.url)), apiclient.MaybeSent)
			if server.requests() != 1 {
				t.Errorf("%d requests arrived", server.requests())
			}
		})
	}
}

func TestEveryLimitIsNamedWhenItPasses(t *testing.T) {
	const limit = 200 * time.Millisecond
	silent := listen(t) // The kernel takes the connection, and nobody answers.
	// Deleting is answered, so that the write finds a connection.
	answering := func(hang http.HandlerFunc) *url.URL {
		s := newStage(t)
		s.handle(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			hang(w, r)
		})
		return s.url
	}
	hang := answering(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	drip := answering(func(w http.ResponseWriter, r *http.Request) {
		give(w, 200, `{"id":7`, contract.FaultHeader, "drip")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	for _, stage := range []struct {
		want   string
		host   *url.URL
		limits apiclient.Timeouts
		sent   apiclient.Sent
	}{
		{"no connection within 200ms (connect timeout)", mustParse(t, "https://"+silent.Addr().String()), apiclient.Timeouts{Connect: limit}, apiclient.NotSent},
		{"no answer within 200ms (header timeout)", hang, apiclient.Timeouts{Header: limit}, apiclient.MaybeSent},
		{"no complete answer within 200ms (total timeout)", hang, apiclient.Timeouts{Total: limit}, apiclient.MaybeSent},
		{"no complete answer within 200ms (total timeout)", drip, apiclient.Timeouts{Total: limit}, apiclient.MaybeSent},
	} {
		client := newClient(t, stage.host, func(c *apiclient.Config) { c.Timeouts = stage.limits })
		if stage.sent == apiclient.MaybeSent {
			if err := client.DeleteRole(testContext(t), organization, roleID); err != nil {
				t.Fatal(err)
			}
		}
		failure := expectTransportError(t, write(testContext(t), client), stage.sent)
		var timeout *apiclient.TimeoutError
		if !errors.As(failure, &timeout) || timeout.Error() != stage.want || !strings.HasSuffix(failure.Error(), stage.want) {
			t.Errorf("got %v, want %s", failure, stage.want)
		}
		if !errors.Is(failure, context.DeadlineExceeded) || !timeout.Timeout() {
			t.Errorf("%v is no deadline exceeded", failure)
		}
	}
}

func TestCancellingEndsTheRequest(t *testing.T) {
	s := newStage(t)
	began, ended := make(chan struct{}), make(chan struct{})
	s.handle(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithCancel(testContext(t))
	go func() {
		<-began
		cancel()
	}()
	failure := expectTransportError(t, write(ctx, s.client(t)), apiclient.MaybeSent)
	if !errors.Is(failure, context.Canceled) || errors.Is(failure, context.DeadlineExceeded) {
		t.Errorf("got %v", failure)
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the server still works for a client that left")
	}
}

func TestCancellingWhileTheBodyComesIsACancellation(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(testContext(t))
	s.handle(func(w http.ResponseWriter, r *http.Request) {
		give(w, 200, `{"id":7`, contract.FaultHeader, "cut")
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	})
	if err := write(ctx, s.client(t)); !errors.Is(err, context.Canceled) || matched(err) != "UnknownOutcome" {
		t.Errorf("%v matches %q", err, matched(err))
	}
}

func TestAContextThatIsDoneSendsNothing(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(testContext(t))
	cancel()
	failure := expectTransportError(t, write(ctx, s.client(t)), apiclient.NotSent)
	if !errors.Is(failure, context.Canceled) || len(s.seen()) != 0 {
		t.Errorf("%v, %d requests", failure, len(s.seen()))
	}
	ctx, cancel = context.WithDeadline(testContext(t), time.Now().Add(-time.Second))
	defer cancel()
	if err := write(ctx, s.client(t)); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, apiclient.ErrNotSent) {
		t.Errorf("got %v", err)
	}
}

// net/http returns a context's cause as its own error. Whatever the caller has put
// there must not be taken for an answer to this request.
func TestTheCauseOfACancellationIsNotTakenForAnAnswer(t *testing.T) {
	s := newStage(t)
	began := make(chan struct{})
	s.handle(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancelCause(testContext(t))
	cause := &apiclient.AnswerError{Operation: "GET roles/", Method: "GET", Err: apiclient.ErrRedirected}
	go func() {
		<-began
		cancel(cause)
	}()
	failure := expectTransportError(t, write(ctx, s.client(t)), apiclient.MaybeSent)
	if !errors.Is(failure, context.Canceled) || cause.Operation != "GET roles/" {
		t.Errorf("got %v, and the cause became %v", failure, cause)
	}
}

// On a fresh connection net/http repeats nothing.
func TestARotationNeverUsesAKeptConnection(t *testing.T) {
	server := newRawServer(t, func(conn net.Conn, number int) {
		if number > 1 {
			t.Errorf("request %d of a connection", number)
		}
		answerAndKeep(conn, "204 No Content", "")
	})
	client := newClient(t, server.url)
	if err := client.DeleteRole(testContext(t), organization, roleID); err != nil {
		t.Fatal(err)
	}
	for _, rotate := range []func(context.Context, *apiclient.Client) error{write, rotateWithBody} {
		if err := rotate(testContext(t), client); matched(err) != "UnknownOutcome UnreadableBody" {
			t.Errorf("%v matches %q", err, matched(err))
		}
	}
	if server.requests() != 3 {
		t.Errorf("%d requests arrived", server.requests())
	}
}

func TestConnectionsAreKeptBetweenCalls(t *testing.T) {
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/@me/"):
			give(w, 404, refusalJSON("invalid_request", "not_found", "Not found."))
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		default:
			give(w, 200, roleJSON+"\n")
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := newClient(t, mustParse(t, server.URL))
	for range 5 {
		if _, err := client.Reader().Role(testContext(t), organization, roleID); err != nil {
			t.Fatal(err)
		}
		if err := read(testContext(t), client); !errors.Is(err, apiclient.ErrNotFound) {
			t.Fatal(err)
		}
		if err := client.DeleteRole(testContext(t), organization, roleID); err != nil {
			t.Fatal(err)
		}
	}
	if got := connections.Load(); got != 2 {
		t.Errorf("%d connections, want one for reads and one for writes", got)
	}
}
