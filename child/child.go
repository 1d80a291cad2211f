// Package child starts an MCP server as a desktop client does: a process that is
// talked to on its standard input, with the few variables that such clients pass
// on. It says hello and asks which tools there are.
package child

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

// Options say what is started, and by whom.
type Options struct {
	Command string
	Args    []string
	// Environ is the whole environment; see Inherited.
	Environ []string
	// Client is what the client calls itself.
	Client string
	// Patience is how long the server may take to say hello.
	Patience time.Duration
	// MostRead is how many bytes of its output are read in all; 0 for any number.
	MostRead int64
	// Able is what the client can do besides.
	Able []client.ClientOption
}

// Server is a child process that serves MCP, and the client that talks to it.
type Server struct {
	Client  *client.Client
	Title   string   // what the server calls itself
	Version string   // and which it says that it is
	Tools   []string // what it offers, in alphabetical order

	stderr  *Tail
	process *process
}

// ErrSaysTooMuch is the error of a server that wrote more than Options.MostRead.
var ErrSaysTooMuch = errors.New("the server writes too much")

// Start starts a server and has it say hello. The server is there even beside an
// error, which is that of a server that did not start or did not answer: Said
// tells why, and it has ended.
func Start(ctx context.Context, options Options) (*Server, error) {
	s := &Server{stderr: &Tail{}}
	if err := ctx.Err(); err != nil {
		return s, err
	}
	started, err := startProcess(options, s.stderr)
	if err != nil {
		return s, fmt.Errorf("the server does not start: %w", err)
	}
	s.process = started
	stdio := transport.NewIO(started.stdout, started.stdin, io.NopCloser(strings.NewReader("")))
	transport.WithCommandLogger(slog.New(slog.DiscardHandler))(stdio)
	// Desktop clients begin with the initialize handshake.
	s.Client = client.NewClient(stdio, append([]client.ClientOption{client.WithProtocolVersion(mcp.LATEST_LEGACY_PROTOCOL_VERSION)}, options.Able...)...)
	if err = s.Client.Start(context.WithoutCancel(ctx)); err == nil {
		err = s.greet(ctx, options)
	}
	if err != nil {
		_ = s.end(killAfter) // what it said on stderr is the better explanation
		if started.stdout.exceeded() {
			err = errors.Join(ErrSaysTooMuch, err)
		}
		return s, fmt.Errorf("the server does not answer: %w", err)
	}
	return s, nil
}

// greet introduces the two, and asks what the server can do.
func (s *Server) greet(ctx context.Context, options Options) error {
	ctx, cancel := context.WithTimeout(ctx, options.Patience)
	defer cancel()
	var hello mcp.InitializeRequest
	hello.Params.ClientInfo = mcp.Implementation{Name: options.Client, Version: "1"}
	welcome, err := s.Client.Initialize(ctx, hello)
	if err != nil {
		return err
	}
	listed, err := s.Client.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return err
	}
	s.Title, s.Version = cmp.Or(welcome.ServerInfo.Title, welcome.ServerInfo.Name), welcome.ServerInfo.Version
	for _, tool := range listed.Tools {
		s.Tools = append(s.Tools, tool.Name)
	}
	slices.Sort(s.Tools)
	return nil
}

// Close ends the server by closing its input, and waits for its exit. The error
// is that of an exit which was not a clean one.
func (s *Server) Close() error {
	if s.process == nil {
		return nil
	}
	return s.end(patienceAtEnd)
}

// end closes the server's input, and kills it where that does not end it in time.
func (s *Server) end(patience time.Duration) error {
	return errors.Join(s.Client.Close(), s.process.end(patience))
}

const (
	// killAfter is how long a server that did not answer may take to end by itself.
	killAfter = 500 * time.Millisecond
	// patienceAtEnd is how long one that did may take.
	patienceAtEnd = 5 * time.Second
)

// Said is the last of what the server wrote on its standard error.
func (s *Server) Said() string { return s.stderr.String() }

// Inherited keeps of an environment what desktop clients pass on to the servers
// that they start. Settings of the caller's own shell, such as a real API key,
// are not among it.
func Inherited(environ []string) []string {
	names := []string{"HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"}
	if runtime.GOOS == "windows" {
		names = []string{
			"APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PROCESSOR_ARCHITECTURE",
			"PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE",
		}
	}
	var kept []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.ContainsFunc(names, func(n string) bool {
			return n == name || runtime.GOOS == "windows" && strings.EqualFold(n, name)
		}) {
			kept = append(kept, variable)
		}
	}
	return kept
}

// Tail keeps the last of what a process writes. It is safe for concurrent use.
type Tail struct {
	mu   sync.Mutex
	text []byte
}

const longestTail = 16 << 10

func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > longestTail {
		t.text = slices.Clone(t.text[len(t.text)-longestTail:])
	}
	return len(p), nil
}

func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ToValidUTF8(t.text, []byte("?")))
}
