// Package harness starts the built server as a client would and talks to it
// over stdio: newline-delimited JSON-RPC in either protocol era, with stdout
// and stderr apart and a deadline on every wait. Every byte on stdout must be
// part of a frame that somebody asked for, else the test fails. Only tests and
// benchmarks import it.
//
// Of testing.TB it uses Helper, Errorf, Fatalf, Logf, Failed, Cleanup and
// TempDir, so that a program that is no test can bring its own.
//
//	stage := harness.Backend(t, sandbox.Options{})
//	server := harness.Start(t, harness.Options{Env: stage.Env()})
//	result := server.Call("roles-list", nil)
package harness

import (
	"cmp"
	"encoding/json"
	"io"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// Options says which server to start, how, and as which client. The zero value
// starts the module's own binary without arguments, for a client of the last
// protocol version that begins with initialize.
type Options struct {
	Binary string            // path of the executable; "" is Binary(tb)
	Args   []string          // command line
	Env    map[string]string // over a clean, minimal environment; see Environment
	Dir    string            // working directory; "" is an empty one of its own

	Era          Era            // zero is Legacy("2025-11-25")
	NoHandshake  bool           // do not send initialize; for tests that speak in raw bytes
	Capabilities map[string]any // what the client says it can do; nil is nothing
	Answer       Answerer       // answers what the server asks the client; nil is Decline

	Timeout time.Duration // of each wait; 0 is DefaultTimeout
	Stdout  io.Writer     // also gets all that the server writes to stdout, as it came; whole after Close
}

// DefaultTimeout is how long each wait lasts at most: an answer, a frame, an
// exit. It is long because it is only ever used up by a server that hangs.
const DefaultTimeout = 20 * time.Second * slowdown

// Session is one running server and the client that talks to it. It is safe
// for use by many goroutines. Its methods fail the test when the server does
// not do its part; in a goroutine of the test's own that ends the goroutine.
type Session struct {
	tb      testing.TB
	options Options
	child   *child
	hello   Hello

	asking  sync.WaitGroup // answers to the server that are being made
	drained chan struct{}  // closed when stdout has ended

	writing sync.Mutex // one frame at a time on stdin
	closed  bool       // stdin; guarded by writing
	partial []byte     // raw bytes after the last newline; guarded by writing

	mu            sync.Mutex // guards all below
	changed       chan struct{}
	nextID        int
	pending       map[string]*Pending
	rawIDs        map[string]int // ids asked for in raw lines, not yet answered
	rawNulls      int            // raw lines that may be answered without an id
	frames        []Frame        // answers to raw lines, not yet taken
	notifications []Frame
	asked         []Frame
	violations    int
	over          bool // the server closed stdout
	ended         bool // nothing may be reported any more
	exitTaken     bool // the test looked at the exit, or caused it
}

// Start starts a server, says hello to it unless told not to, and ends it when
// the test ends: stdin is closed, and a server that does not then exit with 0
// in time fails the test. A server that exits before it says hello fails the
// test at once.
func Start(tb testing.TB, options Options) *Session {
	tb.Helper()
	if options.Binary == "" {
		options.Binary = Binary(tb)
	}
	if options.Dir == "" {
		options.Dir = tb.TempDir()
	}
	if options.Era == (Era{}) {
		options.Era = Legacy(lastLegacy)
	}
	if options.Answer == nil {
		options.Answer = Decline
	}
	options.Timeout = cmp.Or(options.Timeout, DefaultTimeout)
	child, err := startChild(options.Binary, options.Args, Environment(tb, options.Env), options.Dir)
	if err != nil {
		tb.Fatalf("harness: start %s: %v", options.Binary, err)
	}
	s := &Session{
		tb: tb, options: options, child: child,
		drained: make(chan struct{}), changed: make(chan struct{}),
		pending: map[string]*Pending{}, rawIDs: map[string]int{},
	}
	tb.Cleanup(s.Close)
	go s.read()
	if !options.NoHandshake && !options.Era.Modern() {
		s.initialize()
	}
	return s
}

// Close ends the server as a client does, by closing its stdin, and fails the
// test if it has to be killed, exits with another code than 0 that nobody
// looked at, leaves half a line, or leaves a child of its own behind that holds
// its output open. When the test has failed, the server's stderr is logged.
// Start has it called at the test's end; calling it before does no harm.
func (s *Session) Close() {
	s.tb.Helper()
	s.mu.Lock()
	again := s.ended
	s.mu.Unlock()
	if again {
		return
	}
	s.CloseStdin()
	if !s.child.waitExit(s.options.Timeout) {
		s.errorf("the server was still running %v after its stdin was closed, and was killed", s.options.Timeout)
		s.markExitTaken()
		s.child.kill()
		if !s.child.waitExit(s.options.Timeout) {
			s.errorf("process %d is left behind: it did not end when killed", s.child.pid())
		}
	}
	for _, stream := range []struct {
		name  string
		ended <-chan struct{}
		file  *os.File
	}{{"stdout", s.drained, s.child.stdout}, {"stderr", s.child.stderrEnded, s.child.stderrPipe}} {
		if !s.child.ended(stream.ended) {
			s.errorf("a process that the server started is left behind: it holds the server's %s open", stream.name)
		}
		_ = stream.file.Close() // also ends a read that still waits
		closedWithin(stream.ended, leakGrace)
	}
	s.waitForAnswerers()
	s.mu.Lock()
	code, unseen := s.child.code(), !s.exitTaken
	s.mu.Unlock()
	if unseen && code != 0 {
		s.errorf("the server exited with %d", code)
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	if s.tb.Failed() {
		s.tb.Logf("harness: stderr of %v (exit %d):\n%s", append([]string{s.options.Binary}, s.options.Args...), code, s.child.stderr.last(stderrLogged))
	}
}

// stderrLogged bounds what a failed test prints of the server's stderr.
const stderrLogged = 16 << 10

func (s *Session) waitForAnswerers() {
	done := make(chan struct{})
	go func() { s.asking.Wait(); close(done) }()
	if !closedWithin(done, s.options.Timeout) {
		s.errorf("the test's own answer to the server never came")
	}
}

// Wait waits for the server to exit and returns its exit code, -1 when a signal
// ended it. Whoever calls it judges the code; Close no longer does.
func (s *Session) Wait() int {
	s.tb.Helper()
	s.markExitTaken()
	if !s.child.waitExit(s.options.Timeout) {
		s.tb.Fatalf("harness: the server was still running after %v", s.options.Timeout)
	}
	s.child.ended(s.drained) // what it wrote last is read before the test goes on
	s.child.ended(s.child.stderrEnded)
	return s.child.code()
}

// Signal sends the server a signal. On Windows only os.Kill works.
func (s *Session) Signal(signal os.Signal) {
	s.tb.Helper()
	s.markExitTaken()
	if err := s.child.signal(signal); err != nil {
		s.tb.Fatalf("harness: signal %v: %v", signal, err)
	}
}

// Stderr returns what the server has written to stderr so far, the last
// megabyte of it.
func (s *Session) Stderr() string { return s.child.stderr.last(stderrKept) }

// PID returns the server's process id, for measurements.
func (s *Session) PID() int { return s.child.pid() }

// Era returns the era that the client speaks.
func (s *Session) Era() Era { return s.options.Era }

// Notifications returns the notifications that came so far and were not taken
// by AwaitNotification.
func (s *Session) Notifications() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notifications)
}

// Asked returns what the server has asked the client so far, in either era.
func (s *Session) Asked() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// AwaitNotification takes the first notification of a method, waiting for it
// if need be.
func (s *Session) AwaitNotification(method string) Frame {
	s.tb.Helper()
	var found Frame
	if !s.await(func() bool {
		i := slices.IndexFunc(s.notifications, func(f Frame) bool { return f.Method == method })
		if i >= 0 {
			found = s.notifications[i]
			s.notifications = slices.Delete(s.notifications, i, i+1)
		}
		return i >= 0
	}) {
		s.tb.Fatalf("harness: no %s notification came (%s)", method, s.state())
	}
	return found
}

// InFlight returns how many requests have been sent and not answered.
func (s *Session) InFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// await waits until condition holds, which is asked with the lock held after
// each frame, and gives up at the deadline or when no frame can come any more.
func (s *Session) await(condition func() bool) bool {
	deadline := time.NewTimer(s.options.Timeout)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		holds, over, changed := condition(), s.over, s.changed
		s.mu.Unlock()
		if holds || over {
			return holds
		}
		select {
		case <-changed:
		case <-deadline.C:
			return false
		}
	}
}

// state says in a few words how the server is, for the end of a message.
func (s *Session) state() string {
	s.mu.Lock()
	over := s.over
	s.mu.Unlock()
	if s.child.waitExit(0) || over && s.child.waitExit(leakGrace) {
		return "the server exited with " + s.child.exitText()
	}
	return "the server runs; waited " + s.options.Timeout.String()
}

func (s *Session) markExitTaken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exitTaken = true
}

// errorf fails the test from any goroutine, unless it has ended.
func (s *Session) errorf(format string, args ...any) {
	s.tb.Helper()
	s.mu.Lock()
	ended := s.ended
	s.mu.Unlock()
	if !ended {
		s.tb.Errorf("harness: "+format, args...)
	}
}

func encode(tb testing.TB, v any) json.RawMessage {
	tb.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		tb.Fatalf("harness: encode %T: %v", v, err)
	}
	return data
}
