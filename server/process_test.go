package server_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/server"
)

// apiVariable makes this test binary a server of the API at its value.
const apiVariable = "SERVER_TEST_API"

func TestMain(m *testing.M) {
	if address := os.Getenv(apiVariable); address != "" {
		os.Exit(serveProcess(address))
	}
	os.Exit(m.Run())
}

func serveProcess(address string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env, err := reach(address, nil, changes.Never)
	if err == nil {
		logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
		var s *server.Server
		if s, err = server.New(server.Options{Environment: env, Logger: logger}); err == nil {
			err = s.ServeStdio(ctx, os.Stdin, os.Stdout)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is a server in a process of its own, for what only a process meets.
type process struct {
	*exec.Cmd
	stdin, stdout, stderr *os.File
	exited                chan struct{}
}

func startProcess(t *testing.T, address string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pipe := func() (reader, writer *os.File) {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = reader.Close(), writer.Close() })
		return reader, writer
	}
	p := &process{Cmd: exec.Command(self), exited: make(chan struct{})}
	theirIn, ourIn := pipe()
	ourOut, theirOut := pipe()
	ourErr, theirErr := pipe()
	p.stdin, p.stdout, p.stderr = ourIn, ourOut, ourErr
	p.Stdin, p.Stdout, p.Stderr = theirIn, theirOut, theirErr
	p.Env = append(os.Environ(), apiVariable+"="+address)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	for _, theirs := range []*os.File{theirIn, theirOut, theirErr} {
		_ = theirs.Close()
	}
	go func() {
		_ = p.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.exited
	})
	return p
}

// exits fails the test unless the process ends by itself, with 0.
func (p *process) exits(t *testing.T) {
	t.Helper()
	select {
	case <-p.exited:
		if code := p.ProcessState.ExitCode(); code != 0 {
			t.Errorf("ended with %v", p.ProcessState)
		}
	case <-time.After(patience):
		t.Error("the process still runs")
	}
}

func TestAClientThatClosesStdoutAndStderrDoesNotKillTheProcessInTheMiddleOfAWrite(t *testing.T) {
	g := newGate()
	api := newBackend(t, func(r *http.Request) {
		if r.Method == http.MethodPost {
			g.pass(r)
		}
	})
	p := startProcess(t, api.url)
	fmt.Fprint(p.stdin, request(1, "tools/call", call("roles-create", `{"name":"Begun"}`)))
	g.await(t, 1)
	_, _ = p.stdout.Close(), p.stderr.Close()
	fmt.Fprint(p.stdin, request(2, "ping", `{}`)+request(3, "tools/call", call("roles-list", `{}`)))
	time.AfterFunc(100*time.Millisecond, g.open) // opened sooner, the test would only see less
	p.exits(t)
	created := 0
	for _, sent := range api.Requests() {
		if sent.Status == http.StatusCreated {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d roles were created", created)
	}
}

func TestATerminatedProcessAnswersWhatIsInFlightAndExitsWith0(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	g := newGate()
	p := startProcess(t, newBackend(t, g.pass).url)
	for id := range 3 {
		fmt.Fprint(p.stdin, request(id, "tools/call", call("roles-list", `{}`)))
	}
	g.await(t, 3)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, g.open)
	answers := 0
	for lines := bufio.NewScanner(p.stdout); lines.Scan(); answers++ {
		if !strings.Contains(lines.Text(), `"structuredContent"`) {
			t.Errorf("answered %s", lines.Text())
		}
	}
	if answers != 3 {
		t.Errorf("%d of 3 calls were answered", answers)
	}
	p.exits(t)
}
