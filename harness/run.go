package harness

import (
	"cmp"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// Command is a run of the binary that is not a server's: it ends by itself.
type Command struct {
	Binary  string // "" is Binary(tb)
	Args    []string
	Env     map[string]string // over a clean, minimal environment; see Environment
	Dir     string            // "" is an empty one of its own
	Stdin   string
	Timeout time.Duration // 0 is DefaultTimeout
}

// Output is what a finished command left.
type Output struct {
	Stdout, Stderr string
	ExitCode       int
}

// Run runs a command to its end. One that does not end in time is killed, and
// fails the test. The exit code is the caller's to judge.
func Run(tb testing.TB, command Command) Output {
	tb.Helper()
	if command.Binary == "" {
		command.Binary = Binary(tb)
	}
	if command.Dir == "" {
		command.Dir = tb.TempDir()
	}
	limit := cmp.Or(command.Timeout, DefaultTimeout)
	c, err := startChild(command.Binary, command.Args, Environment(tb, command.Env), command.Dir)
	if err != nil {
		tb.Fatalf("harness: start %s: %v", command.Binary, err)
	}
	stdout, stdoutEnded := &tail{limit: maxLine}, make(chan struct{})
	go func() {
		defer close(stdoutEnded)
		_, _ = io.Copy(stdout, c.stdout)
	}()
	go func() {
		// A command that does not read its stdin breaks the pipe, or is killed.
		_, _ = io.Copy(c.stdin, strings.NewReader(command.Stdin))
		_ = c.stdin.Close()
	}()
	var failure error
	if !c.waitExit(limit) {
		failure = errors.New("it did not end in " + limit.String())
		c.kill()
		c.waitExit(limit)
	}
	if !c.ended(stdoutEnded) || !c.ended(c.stderrEnded) {
		failure = cmp.Or(failure, errors.New("a process that it started is left behind and holds its output open"))
	}
	for _, file := range []*os.File{c.stdin, c.stdout, c.stderrPipe} {
		_ = file.Close()
	}
	if failure != nil {
		tb.Fatalf("harness: %v: %v; stderr:\n%s", append([]string{command.Binary}, command.Args...), failure, c.stderr.last(stderrLogged))
	}
	return Output{Stdout: stdout.last(maxLine), Stderr: c.stderr.last(stderrKept), ExitCode: c.code()}
}
