package harness

import (
	"encoding/json"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

const (
	lastLegacy = mcp.ProtocolVersion20251125
	modern     = mcp.ProtocolVersion20260728
)

// Era is a protocol version and the way of speaking that goes with it.
type Era struct{ version string }

// Legacy is the era of initialize. The version is one of 2024-11-05,
// 2025-03-26, 2025-06-18 and 2025-11-25.
func Legacy(version string) Era { return Era{version} }

// Modern is the era of 2026-07-28: there is no initialize, and each request
// says in _meta who asks, in which version, and what the client can do.
func Modern() Era { return Era{modern} }

// Eras returns all five, oldest first, for tests that run in each.
func Eras() []Era {
	return []Era{
		Legacy(mcp.ProtocolVersion20241105), Legacy(mcp.ProtocolVersion20250326),
		Legacy(mcp.ProtocolVersion20250618), Legacy(lastLegacy), Modern(),
	}
}

// Modern says whether requests of this era carry their own metadata.
func (e Era) Modern() bool { return e.version >= modern }

// String returns the protocol version.
func (e Era) String() string { return e.version }

// Hello is what a server says of itself, in either era.
type Hello struct {
	ProtocolVersion   string
	SupportedVersions []string // modern only
	Name              string
	Title             string
	Version           string
	Instructions      string
	Capabilities      map[string]json.RawMessage
	Raw               json.RawMessage // the whole result
}

type implementation struct {
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Version string `json:"version"`
}

func clientInfo() implementation {
	return implementation{Name: "harness", Title: "Test harness", Version: "1.0.0"}
}

// Hello returns what the server said to initialize; in the modern era it asks
// server/discover.
func (s *Session) Hello() Hello {
	s.tb.Helper()
	if !s.options.Era.Modern() {
		return s.hello
	}
	raw := s.mustRequest("server/discover", nil)
	var result struct {
		SupportedVersions []string                   `json:"supportedVersions"`
		Instructions      string                     `json:"instructions"`
		Capabilities      map[string]json.RawMessage `json:"capabilities"`
		Meta              map[string]json.RawMessage `json:"_meta"`
	}
	decode(s.tb, raw, &result)
	var server implementation
	if info := result.Meta[mcp.MetaKeyServerInfo]; info != nil {
		decode(s.tb, info, &server)
	}
	return Hello{
		ProtocolVersion: modern, SupportedVersions: result.SupportedVersions,
		Name: server.Name, Title: server.Title, Version: server.Version,
		Instructions: result.Instructions, Capabilities: result.Capabilities, Raw: raw,
	}
}

// initialize is the legacy handshake. The server must agree to the version,
// which it is known to speak.
func (s *Session) initialize() {
	s.tb.Helper()
	raw := s.mustRequest("initialize", map[string]any{
		"protocolVersion": s.options.Era.version,
		"capabilities":    s.capabilities(),
		"clientInfo":      clientInfo(),
	})
	var result struct {
		ProtocolVersion string                     `json:"protocolVersion"`
		ServerInfo      implementation             `json:"serverInfo"`
		Instructions    string                     `json:"instructions"`
		Capabilities    map[string]json.RawMessage `json:"capabilities"`
	}
	decode(s.tb, raw, &result)
	if result.ProtocolVersion != s.options.Era.version {
		s.tb.Fatalf("harness: asked for protocol %s, the server answered %q", s.options.Era, result.ProtocolVersion)
	}
	s.hello = Hello{
		ProtocolVersion: result.ProtocolVersion,
		Name:            result.ServerInfo.Name, Title: result.ServerInfo.Title, Version: result.ServerInfo.Version,
		Instructions: result.Instructions, Capabilities: result.Capabilities, Raw: raw,
	}
	s.Notify("notifications/initialized", nil)
}

func (s *Session) capabilities() map[string]any {
	if s.options.Capabilities == nil {
		return map[string]any{}
	}
	return s.options.Capabilities
}

// params makes a request's params, with the metadata of a modern request. What
// the caller put into _meta stays.
func (s *Session) params(params any) json.RawMessage {
	s.tb.Helper()
	if !s.options.Era.Modern() {
		if params == nil {
			return nil
		}
		return encode(s.tb, params)
	}
	fields := map[string]json.RawMessage{}
	if params != nil {
		decode(s.tb, encode(s.tb, params), &fields)
	}
	meta := map[string]json.RawMessage{} // raw, so that no number is rounded
	if own := fields["_meta"]; own != nil {
		decode(s.tb, own, &meta)
	}
	for key, value := range map[string]any{
		mcp.MetaKeyProtocolVersion:    s.options.Era.version,
		mcp.MetaKeyClientInfo:         clientInfo(),
		mcp.MetaKeyClientCapabilities: s.capabilities(),
	} {
		if _, own := meta[key]; !own {
			meta[key] = encode(s.tb, value)
		}
	}
	fields["_meta"] = encode(s.tb, meta)
	return encode(s.tb, fields)
}

func decode(tb testing.TB, data []byte, into any) {
	tb.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		tb.Fatalf("harness: decode %s: %v", cut(data, 300), err)
	}
}
