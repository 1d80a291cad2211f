package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/doctor"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// situation is a machine on which something may be broken.
type situation struct {
	t       *testing.T
	home    string
	box     *sandbox.Sandbox
	url     string            // of the sandbox
	environ map[string]string // what the program is started with
	args    []string
	world   doctor.World
	called  [][2]string // what the page has in place of what differs from run to run
}

// newSituation is one in which all is well.
func newSituation(t *testing.T) *situation {
	t.Helper()
	box := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(box)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	home, err := os.MkdirTemp("", "home") // a short name: messages take a long one for a key
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	world := doctor.Real()
	world.LookUp = func(_ context.Context, name string) ([]string, error) {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return &situation{
		t: t, home: home, box: box, url: server.URL, world: world,
		environ: map[string]string{"POSTHOG_HOST": server.URL, "POSTHOG_PERSONAL_API_KEY": sandbox.AdminKey, "HOME": home, "USERPROFILE": home, "APPDATA": filepath.Join(home, "AppData")},
	}
}

// file writes a file in the home directory.
func (s *situation) file(name, text string, mode os.FileMode) string {
	s.t.Helper()
	path := filepath.Join(s.home, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// asks has the host be another one.
func (s *situation) asks(handler http.HandlerFunc) {
	server := httptest.NewServer(handler)
	s.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s.environ["POSTHOG_HOST"] = server.URL
}

// throughProxy has the host be one that only a proxy can reach.
func (s *situation) throughProxy(proxy string) {
	s.environ["POSTHOG_HOST"] = "https://posthog.example.com"
	s.environ["HTTPS_PROXY"] = proxy
}

func (s *situation) cloud(us, eu string) {
	s.world.Regions = []doctor.Region{{Name: "us", Host: parsed(s.t, us)}, {Name: "eu", Host: parsed(s.t, eu)}}
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	address, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// closedPort is an address of this machine at which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// proxyThat is a proxy which answers every request to connect with a status.
func proxyThat(t *testing.T, status int) string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// otherRegion is a PostHog which knows none of the keys.
func (s *situation) otherRegion() string {
	strange := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			r.Header.Set("Authorization", "Bearer phx_unknown_here")
		}
		s.box.ServeHTTP(w, r)
	}))
	s.t.Cleanup(strange.Close)
	return strange.URL
}

func (s *situation) faults(faults sandbox.Faults) { s.box.SetFaults(faults) }

func (s *situation) key(key string) { s.environ["POSTHOG_PERSONAL_API_KEY"] = key }

func (s *situation) scopes(scopes ...string) {
	if err := s.box.SetScopes(s.t.Context(), sandbox.AdminKey, scopes...); err != nil {
		s.t.Fatal(err)
	}
}

// signedIn has the key be that of the profile that is used where none is named.
func (s *situation) signedIn(key string) { s.signedInAs(credentials.DefaultName, key) }

func (s *situation) signedInAs(name, key string) {
	s.t.Helper()
	host := s.environ["POSTHOG_HOST"]
	delete(s.environ, "POSTHOG_HOST")
	delete(s.environ, "POSTHOG_PERSONAL_API_KEY")
	profile := credentials.Profile{Name: name, Host: host, Kept: credentials.InFile, Kind: credentials.PersonalKey}
	if _, err := config.Profiles(s.environment()).Save(s.t.Context(), profile, credentials.Secret{Key: redact.NewSecret(key)}); err != nil {
		s.t.Fatal(err)
	}
}

// faultyProfile has the key be that of a profile that Cursor's entry uses too, and
// something be wrong with its files.
func (s *situation) faultyProfile(spoil func(profiles, secret string) error) {
	s.t.Helper()
	s.signedIn(sandbox.AdminKey)
	s.entry(os.Args[0], `"`+runsItself+`": "1"`)
	profiles := config.Profiles(s.environment()).File()
	secrets, err := filepath.Glob(filepath.Join(filepath.Dir(profiles), "secrets", "*"))
	if err != nil || len(secrets) != 1 {
		s.t.Fatalf("%q %v", secrets, err)
	}
	if err := spoil(profiles, secrets[0]); err != nil {
		s.t.Fatal(err)
	}
}

func (s *situation) environment() []string {
	var environ []string
	for name, value := range s.environ {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// entry puts an entry into Cursor's file.
func (s *situation) entry(command string, environ string, args ...string) {
	s.t.Helper()
	words, err := json.Marshal(append([]string{}, args...))
	if err != nil {
		s.t.Fatal(err)
	}
	s.file(".cursor/mcp.json", fmt.Sprintf(`{"mcpServers": {"posthog-org": {"command": %q, "args": %s, "env": {%s}}}}`, command, words, environ), 0o600)
}

// link is a file of this program's name that is another one.
func (s *situation) link(to string) string {
	s.t.Helper()
	link := filepath.Join(s.home, "posthog-org-mcp")
	if err := os.Symlink(to, link); err != nil {
		s.t.Fatal(err)
	}
	return link
}

// brokenSituation is one thing that is wrong, and the one check that must tell.
type brokenSituation struct {
	when  string
	check string
	state doctor.State
	make  func(*situation)
	says  string // what must stand in the line
	skip  bool
}

func brokenSituations() []brokenSituation {
	onWindows := runtime.GOOS == "windows"
	return []brokenSituation{
		{when: "a variable of this program is misspelt", check: "settings", state: doctor.Fault, says: "READ_ONLY",
			make: func(s *situation) { s.environ["POSTHOG_MCP_READONLY"] = "true" }},
		{when: "a variable is called so that nothing reads it", check: "settings", state: doctor.Warning, says: "POSTHOG_MCP_READ_ONLY",
			make: func(s *situation) { s.environ["POSTHOG_READ_ONLY"] = "true" }},
		{when: "the organization is given by its name", check: "settings", state: doctor.Fault, says: "not an organization id",
			make: func(s *situation) { s.args = []string{"--organization", "Hedgebox"} }},
		{when: "a tool is left out that there is not", check: "settings", state: doctor.Fault, says: "roles-remove",
			make: func(s *situation) { s.args = []string{"--exclude-tools", "roles-remove"} }},
		{when: "the journal is a folder", check: "settings", state: doctor.Fault, says: "directory",
			make: func(s *situation) { s.environ["POSTHOG_MCP_JOURNAL"] = s.home }},

		{when: "there is no key", check: "key", state: doctor.Fault, says: "no PostHog API key",
			make: func(s *situation) { delete(s.environ, "POSTHOG_PERSONAL_API_KEY") }},
		{when: "there is neither a key nor a host", check: "key", state: doctor.Fault, says: "no PostHog API key",
			make: func(s *situation) {
				delete(s.environ, "POSTHOG_PERSONAL_API_KEY")
				delete(s.environ, "POSTHOG_HOST")
			}},
		{when: "the key is in a variable that nothing reads", check: "key", state: doctor.Fault, says: "POSTHOG_API_KEY",
			make: func(s *situation) {
				delete(s.environ, "POSTHOG_PERSONAL_API_KEY")
				s.environ["POSTHOG_API_KEY"] = sandbox.AdminKey
			}},
		{when: "a placeholder was left in the client's file", check: "key", state: doctor.Fault, says: "placeholder",
			make: func(s *situation) { s.key("${POSTHOG_KEY}") }},
		{when: "the key is a project's public token", check: "key", state: doctor.Fault, says: "public project token",
			make: func(s *situation) { s.key("phc_0123456789abcdefghij0123456789") }},
		{when: "the key's file is missing", check: "key", state: doctor.Fault, says: "cannot be read",
			make: func(s *situation) {
				delete(s.environ, "POSTHOG_PERSONAL_API_KEY")
				s.environ["POSTHOG_PERSONAL_API_KEY_FILE"] = filepath.Join(s.home, "posthog-key")
			}},
		{when: "others can read the key's file", check: "key", state: doctor.Warning, says: "chmod 600", skip: onWindows,
			make: func(s *situation) {
				delete(s.environ, "POSTHOG_PERSONAL_API_KEY")
				s.environ["POSTHOG_PERSONAL_API_KEY_FILE"] = s.file("posthog-key", sandbox.AdminKey+"\n", 0o644)
			}},

		{when: "there is no profile of that name", check: "key", state: doctor.Fault, says: "acme",
			make: func(s *situation) {
				delete(s.environ, "POSTHOG_PERSONAL_API_KEY")
				delete(s.environ, "POSTHOG_HOST")
				s.args = []string{"--profile", "acme"}
			}},
		{when: "the profile's secret is gone", check: "key", state: doctor.Fault, says: "Sign in again",
			make: func(s *situation) {
				s.faultyProfile(func(_, secret string) error { return os.Remove(secret) })
			}},
		{when: "others can read the profile's secret", check: "key", state: doctor.Fault, says: "Others on this machine may read", skip: onWindows,
			make: func(s *situation) {
				s.faultyProfile(func(_, secret string) error { return os.Chmod(secret, 0o644) })
			}},
		{when: "the file of profiles is not valid", check: "key", state: doctor.Fault, says: "profiles.json",
			make: func(s *situation) {
				s.faultyProfile(func(profiles, _ string) error { return os.WriteFile(profiles, []byte("{"), 0o600) })
			}},

		{when: "the proxy is down", check: "proxy", state: doctor.Fault, says: "HTTPS_PROXY",
			make: func(s *situation) { s.throughProxy("http://" + closedPort(s.t)) }},
		{when: "the proxy's address is none", check: "proxy", state: doctor.Fault, says: "not the address of a proxy",
			make: func(s *situation) { s.throughProxy("http://[proxy:3128") }},
		{when: "there is no proxy of that name", check: "proxy", state: doctor.Fault, says: "no host of that name",
			make: func(s *situation) { s.throughProxy("http://proxy.invalid:3128") }},
		{when: "the proxy asks for a password", check: "connection", state: doctor.Fault, says: "407",
			make: func(s *situation) { s.throughProxy(proxyThat(s.t, http.StatusProxyAuthRequired)) }},
		{when: "the proxy does not allow the host", check: "connection", state: doctor.Fault, says: "403",
			make: func(s *situation) { s.throughProxy(proxyThat(s.t, http.StatusForbidden)) }},
		{when: "there is no host of that name", check: "name", state: doctor.Fault, says: "no host called",
			make: func(s *situation) { s.environ["POSTHOG_HOST"] = "https://posthog.invalid" }},
		{when: "nothing listens at the host", check: "connection", state: doctor.Fault, says: "refused",
			make: func(s *situation) { s.environ["POSTHOG_HOST"] = "http://" + closedPort(s.t) }},
		{when: "nothing listens at the profile's host", check: "connection", state: doctor.Fault, says: "login --profile default --host ADDRESS",
			make: func(s *situation) {
				s.environ["POSTHOG_HOST"] = "http://" + closedPort(s.t)
				s.signedIn(sandbox.AdminKey)
			}},
		{when: "nothing listens at the flag's host", check: "connection", state: doctor.Fault, says: "port in --host.",
			make: func(s *situation) { s.args = []string{"--host", "http://" + closedPort(s.t)} }},
		{when: "the host does not answer", check: "connection", state: doctor.Fault, says: "does not answer",
			make: func(s *situation) {
				s.faults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Hang, Times: -1}}})
				s.environ["POSTHOG_MCP_HEADER_TIMEOUT"] = "300ms"
			}},
		{when: "the host breaks connections off", check: "connection", state: doctor.Fault, says: "breaks it off",
			make: func(s *situation) {
				s.faults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.DropBefore, Times: -1}}})
			}},
		{when: "https is asked for where there is none", check: "connection", state: doctor.Fault, says: "without TLS",
			make: func(s *situation) { s.environ["POSTHOG_HOST"] = strings.Replace(s.url, "http:", "https:", 1) }},
		{when: "an authority that is not known signed the certificate", check: "connection", state: doctor.Fault, says: "does not know",
			make: func(s *situation) { s.overTLS(certificate{}) }},
		{when: "the certificate is of another host", check: "connection", state: doctor.Fault, says: "another host",
			make: func(s *situation) { s.overTLS(certificate{name: "elsewhere.example.com"}) }},
		{when: "the certificate has expired", check: "connection", state: doctor.Fault, says: "has expired",
			make: func(s *situation) { s.overTLS(certificate{until: -24 * time.Hour}) }},
		{when: "the clock is years behind, so that no certificate is valid yet", check: "connection", state: doctor.Fault, says: "clock",
			make: func(s *situation) {
				s.overTLS(certificate{})
				s.world.Now = func() time.Time { return time.Now().Add(-(5*365*24 + 12) * time.Hour) }
			}},
		{when: "the clock is an hour ahead", check: "clock", state: doctor.Warning, says: "1h0m ahead",
			make: func(s *situation) { s.world.Now = func() time.Time { return time.Now().Add(time.Hour) } }},

		{when: "the host is a web site", check: "posthog", state: doctor.Fault, says: "web page",
			make: func(s *situation) {
				s.asks(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					_, _ = io.WriteString(w, "<!doctype html><title>Welcome</title>")
				})
			}},
		{when: "the host points elsewhere", check: "posthog", state: doctor.Fault, says: "points to",
			make: func(s *situation) {
				s.asks(func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, "https://posthog.example.com"+r.URL.Path, http.StatusMovedPermanently)
				})
			}},
		{when: "PostHog fails", check: "posthog", state: doctor.Fault, says: "fails (503)",
			make: func(s *situation) {
				s.faults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Fail, Status: 503, Times: -1}}})
			}},
		{when: "the rate limit is reached", check: "access", state: doctor.Fault, says: "rate limit",
			make: func(s *situation) {
				s.faults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Throttle, RetryAfter: time.Minute, Times: -1}}})
			}},

		{when: "the key is of the other region", check: "access", state: doctor.Fault, says: "other region",
			make: func(s *situation) {
				us := s.otherRegion()
				s.cloud(us, s.url)
				s.called = [][2]string{{strings.TrimPrefix(us, "http://"), "us.posthog.com"}, {strings.TrimPrefix(s.url, "http://"), "eu.posthog.com"}}
				s.environ["POSTHOG_HOST"] = us
			}},
		{when: "the key was deleted, or has expired", check: "access", state: doctor.Fault, says: "no region",
			make: func(s *situation) {
				s.cloud(s.url, s.otherRegion())
				s.key("phx_deleted_key_0123456789abcdef")
			}},
		{when: "the key is not of this PostHog", check: "access", state: doctor.Fault, says: "does not accept",
			make: func(s *situation) { s.key("phx_deleted_key_0123456789abcdef") }},
		{when: "the key's owner was switched off", check: "access", state: doctor.Fault, says: "switched off",
			make: func(s *situation) { s.key(sandbox.SwitchedOffKey) }},
		{when: "the profile's sign-in has ended", check: "access", state: doctor.Fault, says: "Sign in again",
			make: func(s *situation) { s.signedIn("phx_deleted_key_0123456789abcdef") }},
		{when: "the scope user:read is missing", check: "access", state: doctor.Warning, says: "user:read",
			make: func(s *situation) { s.scopes("organization:write", "organization_member:read", "project:read") }},

		{when: "the scope organization:read is missing", check: "organization", state: doctor.Fault, says: "organization:read",
			make: func(s *situation) { s.scopes("organization_member:read", "project:read", "user:read") }},
		{when: "there is no such organization", check: "organization", state: doctor.Fault, says: "no organization",
			make: func(s *situation) { s.args = []string{"--organization", "5c1d8a94-70c5-4f0e-9d0e-3b5f2f7f1c52"} }},
		{when: "the key's owner is in no organization", check: "organization", state: doctor.Fault, says: "in no organization",
			make: func(s *situation) { s.asks(s.withoutOrganization) }},
		{when: "the key is confined to another organization", check: "organization", state: doctor.Fault, says: "confined",
			make: func(s *situation) { s.key(sandbox.ScopedKey) }},
		{when: "the key is confined to a project", check: "organization", state: doctor.Fault, says: "single projects",
			make: func(s *situation) { s.key(sandbox.ProjectKey) }},
		{when: "the organization lets its members use no keys", check: "organization", state: doctor.Fault, says: "no personal API keys",
			make: func(s *situation) {
				s.key(sandbox.MemberKey)
				s.faults(sandbox.Faults{NoMemberKeys: true})
			}},

		{when: "the scope organization:write is missing", check: "tools", state: doctor.Warning, says: "missing scope organization:write",
			make: func(s *situation) { s.key(sandbox.ReadOnlyKey) }},
		{when: "the key's owner is a plain member", check: "tools", state: doctor.Warning, says: "your level is member",
			make: func(s *situation) { s.key(sandbox.MemberKey) }},
		{when: "the organization allows no changes through MCP servers", check: "tools", state: doctor.Warning, says: "allows MCP servers no changes",
			make: func(s *situation) { s.faults(sandbox.Faults{ReadOnlyMCP: true}) }},
		{when: "this PostHog opens the custom actions to no key", check: "actions", state: doctor.Warning, says: "to no key",
			make: func(s *situation) { s.faults(sandbox.Faults{CloseActions: true}) }},

		{when: "the journal cannot be written", check: "journal", state: doctor.Fault, says: "cannot be written",
			make: func(s *situation) {
				s.environ["POSTHOG_MCP_JOURNAL"] = filepath.Join(s.file("state", "", 0o600), "journal.jsonl")
			}},
		{when: "the folder for tokens cannot be written", check: "secrets", state: doctor.Fault, says: "cannot be written",
			make: func(s *situation) {
				s.environ["POSTHOG_MCP_SECRET_DIR"] = filepath.Join(s.file("state", "", 0o600), "secrets")
			}},
		{when: "others can write in the folder for tokens", check: "secrets", state: doctor.Fault, says: "Others on this machine", skip: onWindows,
			make: func(s *situation) {
				folder := filepath.Join(s.home, "secrets")
				if err := os.Mkdir(folder, 0o700); err != nil {
					s.t.Fatal(err)
				}
				if err := os.Chmod(folder, 0o777); err != nil {
					s.t.Fatal(err)
				}
				s.environ["POSTHOG_MCP_SECRET_DIR"] = folder
			}},

		{when: "an entry's command is not there", check: "clients", state: doctor.Fault, says: "install cursor --tools roles --profile ro.",
			make: func(s *situation) {
				s.entry(filepath.Join(s.home, "gone", "posthog-org-mcp"), "", "--tools", "roles", "--profile", "ro")
			}},
		{when: "an entry gives no key", check: "clients", state: doctor.Fault, says: "no PostHog API key",
			make: func(s *situation) { s.entry(os.Args[0], `"`+runsItself+`": "1"`) }},
		{when: "an entry starts something that ends at once", check: "clients", state: doctor.Fault, says: "without a word", skip: onWindows,
			make: func(s *situation) { s.entry(s.link("/bin/true"), "") }},
		{when: "an entry of this program's name starts another one", check: "clients", state: doctor.Warning, says: "something else",
			make: func(s *situation) { s.entry("/usr/bin/touch", "", "notes") }},
		{when: "an entry's key file is missing", check: "clients", state: doctor.Fault, says: "a-key-whose-path-is-a-long-one-all-the-same\\\": no such file",
			make: func(s *situation) {
				s.entry(os.Args[0], `"`+runsItself+`": "1"`, "--key-file", filepath.Join(s.home, "a-key-whose-path-is-a-long-one-all-the-same"))
			}, skip: onWindows},
		{when: "a client's file is not valid", check: "clients", state: doctor.Fault, says: "line",
			make: func(s *situation) {
				s.file(".cursor/mcp.json", "{\n  \"mcpServers\": {\n    \"posthog-org\": }\n}\n", 0o600)
			}},
	}
}

// withoutOrganization is a PostHog whose user has left the last organization.
func (s *situation) withoutOrganization(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Header.Get("Authorization") == "" || strings.Contains(r.URL.Path, "personal_api_keys"):
		s.box.ServeHTTP(w, r)
	case strings.Contains(r.URL.Path, "users/@me"):
		_, _ = io.WriteString(w, `{"uuid":"0190f3a2-2000-7000-8000-000000000003","first_name":"Maya","email":"maya@example.com","organization":null,"organizations":[],"team":null}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"type":"invalid_request","code":"not_found","detail":"Not found.","attr":null}`)
	}
}
