package apiclient_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/schemas"
)

// rawServer speaks HTTP/1.1 by hand, so that it can misbehave between requests
// on one connection, and counts the requests that arrived whole, by their path.
type rawServer struct {
	url  *url.URL
	stop func() // ends it, when the last request was counted

	mu    sync.Mutex
	paths map[string]int
	conns []net.Conn
}

// newRawServer lets behave answer each request; the number is that of the
// request on its connection, from 1. Then the connection is closed, unless behave
// used answerAndKeep.
func newRawServer(t *testing.T, behave func(conn net.Conn, number int)) *rawServer {
	t.Helper()
	listener := listen(t)
	s := &rawServer{url: mustParse(t, "http://"+listener.Addr().String()), paths: map[string]int{}}
	var serving sync.WaitGroup
	s.stop = func() {
		_ = listener.Close()
		s.closeAll()
		serving.Wait()
	}
	t.Cleanup(s.stop)
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			serving.Go(func() { s.serve(conn, behave) })
		}
	})
	return s
}

func (s *rawServer) serve(conn net.Conn, behave func(net.Conn, int)) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for number := 1; ; number++ {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		s.mu.Lock()
		s.paths[request.URL.Path]++
		s.mu.Unlock()
		kept := &keeping{Conn: conn}
		behave(kept, number)
		if !kept.keep {
			return
		}
	}
}

func (s *rawServer) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	for _, count := range s.paths {
		total += count
	}
	return total
}

// closeAll closes every connection, as a server does with idle ones.
func (s *rawServer) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
}

// keeping is a connection that stays open when keep is set.
type keeping struct {
	net.Conn
	keep bool
}

func answerAndKeep(conn net.Conn, status, body string) {
	conn.(*keeping).keep = true
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// writes are all methods, with and without a body, in any organization.
func writes() map[string]func(context.Context, *apiclient.Client, apiclient.OrganizationID) error {
	timezone, name := "UTC", "x"
	return map[string]func(context.Context, *apiclient.Client, apiclient.OrganizationID) error{
		"POST with a body": func(ctx context.Context, c *apiclient.Client, in apiclient.OrganizationID) error {
			_, err := c.CreateRole(ctx, in, apiclient.RoleCreate{Name: "x"})
			return err
		},
		"PATCH with a body": func(ctx context.Context, c *apiclient.Client, in apiclient.OrganizationID) error {
			_, err := c.UpdateRole(ctx, in, roleID, apiclient.RoleUpdate{Name: &name})
			return err
		},
		"rotation with a body": func(ctx context.Context, c *apiclient.Client, in apiclient.OrganizationID) error {
			_, err := c.RotateSecretToken(ctx, in, projectID, &schemas.ProjectSettings{Timezone: &timezone})
			return err
		},
		"rotation without a body": func(ctx context.Context, c *apiclient.Client, in apiclient.OrganizationID) error {
			_, err := c.RotateSecretToken(ctx, in, projectID, nil)
			return err
		},
		"DELETE": func(ctx context.Context, c *apiclient.Client, in apiclient.OrganizationID) error {
			return c.DeleteRole(ctx, in, roleID)
		},
	}
}

func TestAWriteOnAKeptConnectionThatIsDroppedGoesOutOnce(t *testing.T) {
	for name, write := range writes() {
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reset %v", name, reset), func(t *testing.T) {
				var arrived atomic.Int32 // A rotation takes a connection of its own.
				server := newRawServer(t, func(conn net.Conn, _ int) {
					if arrived.Add(1) == 1 {
						answerAndKeep(conn, "204 No Content", "")
						return
					}
					if tcp, ok := conn.(*keeping).Conn.(*net.TCPConn); ok && reset {
						_ = tcp.SetLinger(0)
					}
				})
				client := newClient(t, server.url)
				if err := client.DeleteRole(testContext(t), organization, roleID); err != nil {
					t.Fatal(err)
				}
				expectTransportError(t, write(testContext(t), client, organization), apiclient.MaybeSent)
				if got := server.requests(); got != 2 {
					t.Errorf("%d requests arrived, want the first and one more", got)
				}
			})
		}
	}
}

// Whatever the moment at which a server closes an idle connection: a write
// arrives at most once, not at all when it is NotSent, and once when it succeeds.
func TestAWriteThatMeetsAClosingConnectionIsToldApart(t *testing.T) {
	project := newSamples(t, false).text(t, "Project")
	success := map[string]struct{ status, body string }{
		"POST with a body":        {"201 Created", roleJSON},
		"PATCH with a body":       {"200 OK", roleJSON},
		"rotation with a body":    {"200 OK", project},
		"rotation without a body": {"200 OK", project},
		"DELETE":                  {"204 No Content", ""},
	}
	for name, write := range writes() {
		t.Run(name, func(t *testing.T) {
			server := newRawServer(t, func(conn net.Conn, _ int) { answerAndKeep(conn, success[name].status, success[name].body) })
			client := newClient(t, server.url)
			// Each write goes to an organization of its own, to be counted by.
			outcomes := map[string]error{}
			for i := range 200 {
				id := apiclient.OrganizationID(fmt.Sprintf("0190f3a2-5b1c-7d10-8a55-%012x", i))
				closing := make(chan struct{})
				if i%2 == 1 {
					go func() {
						defer close(closing)
						server.closeAll()
					}()
				} else {
					close(closing)
				}
				outcomes["/api/organizations/"+string(id)+"/"] = write(testContext(t), client, id)
				<-closing
			}
			server.stop()
			for path, err := range outcomes {
				arrived := 0
				for asked, count := range server.paths {
					if strings.HasPrefix(asked, path) {
						arrived += count
					}
				}
				switch {
				case arrived > 1:
					t.Errorf("%s arrived %d times: %v", path, arrived, err)
				case err == nil && arrived != 1:
					t.Errorf("%s succeeded and never arrived", path)
				case errors.Is(err, apiclient.ErrNotSent) && arrived != 0:
					t.Errorf("%s arrived and is said not to be sent: %v", path, err)
				case err != nil && !errors.Is(err, apiclient.ErrNotSent) && !isUnknown(err):
					t.Errorf("%s: %v", path, err)
				}
			}
		})
	}
}

func isUnknown(err error) bool { return matched(err) == "UnknownOutcome" }

// brittleConn takes nothing once broken is set, as a connection whose other end
// has reset it.
type brittleConn struct {
	net.Conn
	broken *atomic.Bool
}

func (c brittleConn) Write(p []byte) (int, error) {
	if c.broken.Load() {
		return 0, syscall.ECONNRESET
	}
	return c.Conn.Write(p)
}

// A kept connection that takes not one byte is replaced by net/http itself. When
// there is no other, the write was not sent, and that is known.
func TestAWriteThatNoConnectionTakesIsNotSent(t *testing.T) {
	for name, write := range writes() {
		t.Run(name, func(t *testing.T) {
			server := newRawServer(t, func(conn net.Conn, _ int) { answerAndKeep(conn, "204 No Content", "") })
			var broken, refuse atomic.Bool
			client := newClient(t, server.url, func(c *apiclient.Config) {
				c.Transport = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
					if refuse.Load() {
						return nil, syscall.ECONNREFUSED
					}
					conn, err := new(net.Dialer).DialContext(ctx, network, address)
					if broken.Load() {
						return conn, err
					}
					return brittleConn{conn, &broken}, err
				}}
			})
			remove := func() error { return client.DeleteRole(testContext(t), organization, roleID) }
			if err := remove(); err != nil {
				t.Fatal(err)
			}
			broken.Store(true)
			refuse.Store(true)
			expectTransportError(t, write(testContext(t), client, organization), apiclient.NotSent)
			if got := server.requests(); got != 1 {
				t.Errorf("%d requests arrived, want the first alone", got)
			}
			broken.Store(false)
			refuse.Store(false)
			if err := remove(); err != nil {
				t.Fatal(err)
			}
			broken.Store(true)
			if err := remove(); err != nil || server.requests() != 3 {
				t.Errorf("over another connection: %v after %d requests", err, server.requests())
			}
		})
	}
}

// A connection that is found closed before anything was written is replaced
// silently, so an idle client does not fail its next write.
func TestAWriteAfterTheServerClosedIdleConnectionsSucceeds(t *testing.T) {
	server := newRawServer(t, func(conn net.Conn, _ int) { answerAndKeep(conn, "204 No Content", "") })
	client := newClient(t, server.url)
	for i := range 5 {
		if err := client.DeleteRole(testContext(t), organization, roleID); err != nil && !isUnknown(err) {
			t.Fatalf("call %d: %v", i, err)
		}
		server.closeAll()
		client.CloseIdleConnections()
	}
	before := server.requests()
	if err := client.DeleteRole(testContext(t), organization, roleID); err != nil || server.requests() != before+1 {
		t.Errorf("%v after %d requests", err, server.requests()-before)
	}
}
