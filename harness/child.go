package harness

import (
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// stderrKept bounds what is kept of a server's stderr: the end of it.
const stderrKept = 1 << 20

// child is the process under test. Its pipes are the harness's own, so that
// its exit is seen even while another process holds them open.
type child struct {
	command     *exec.Cmd
	stdin       *os.File // our end
	stdout      *os.File // our end
	stderrPipe  *os.File // our end
	stderr      *tail
	stderrEnded chan struct{}
	exited      chan struct{}
	exitedAt    time.Time // set before exited is closed
}

// startChild starts a program with exactly this environment.
func startChild(path string, args []string, environment map[string]string, dir string) (*child, error) {
	var ours, theirs [3]*os.File
	closeAll := func(files ...*os.File) {
		for _, file := range files {
			if file != nil {
				_ = file.Close()
			}
		}
	}
	for i := range ours {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(append(ours[:], theirs[:]...)...)
			return nil, err
		}
		ours[i], theirs[i] = r, w
	}
	ours[0], theirs[0] = theirs[0], ours[0] // stdin runs the other way
	command := exec.Command(path, args...)
	command.Stdin, command.Stdout, command.Stderr = theirs[0], theirs[1], theirs[2]
	command.Dir = dir
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		command.Env = append(command.Env, name+"="+environment[name])
	}
	err := command.Start()
	closeAll(theirs[:]...)
	if err != nil {
		closeAll(ours[:]...)
		return nil, err
	}
	c := &child{
		command: command, stdin: ours[0], stdout: ours[1], stderrPipe: ours[2], stderr: &tail{limit: stderrKept},
		stderrEnded: make(chan struct{}), exited: make(chan struct{}),
	}
	go func() {
		defer close(c.stderrEnded)
		_, _ = io.Copy(c.stderr, c.stderrPipe) // ends with the last process that holds it
	}()
	go func() {
		defer close(c.exited)
		_ = command.Wait() // the exit code says the same
		c.exitedAt = time.Now()
	}()
	return c, nil
}

func (c *child) pid() int { return c.command.Process.Pid }

// waitExit says whether the process has ended, waiting at most so long.
func (c *child) waitExit(limit time.Duration) bool { return closedWithin(c.exited, limit) }

// leakGrace is how long output may stay open after the process has ended,
// before something else must be holding it.
const leakGrace = 3 * time.Second * slowdown

// ended says whether one of the output streams of a process that has ended has
// come to its end too, waiting for the rest of leakGrace.
func (c *child) ended(stream <-chan struct{}) bool {
	return closedWithin(c.exited, leakGrace) && closedWithin(stream, time.Until(c.exitedAt.Add(leakGrace)))
}

// kill ends the process, and no other: by its handle, never by name.
func (c *child) kill() { _ = c.command.Process.Kill() }

func (c *child) signal(signal os.Signal) error { return c.command.Process.Signal(signal) }

// code returns the exit code of a process that has ended, -1 for one that was
// ended by a signal or runs still.
func (c *child) code() int {
	select {
	case <-c.exited:
		return c.command.ProcessState.ExitCode()
	default:
		return -1
	}
}

func (c *child) exitText() string {
	if code := c.code(); code >= 0 {
		return strconv.Itoa(code)
	}
	return c.command.ProcessState.String()
}

// Environment returns the environment that every child gets: where programs
// are, and homes and temporary folders of its own that are empty and go with
// the test. Nothing of the developer's own settings reaches the server. The
// extra variables win.
func Environment(tb testing.TB, extra map[string]string) map[string]string {
	tb.Helper()
	home := tb.TempDir()
	environment := map[string]string{"PATH": os.Getenv("PATH"), "HOME": home}
	for name, folder := range map[string]string{
		"XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state",
		"TMPDIR": "tmp",
	} {
		environment[name] = filepath.Join(home, folder)
	}
	if runtime.GOOS == "windows" {
		for name, folder := range map[string]string{
			"USERPROFILE": "", "APPDATA": "config", "LOCALAPPDATA": "data", "TEMP": "tmp", "TMP": "tmp",
		} {
			environment[name] = filepath.Join(home, folder)
		}
		environment["SystemRoot"] = os.Getenv("SystemRoot") // sockets need it
	}
	for _, folder := range []string{"config", "cache", "data", "state", "tmp"} {
		if err := os.Mkdir(filepath.Join(home, folder), 0o700); err != nil {
			tb.Fatalf("harness: %v", err)
		}
	}
	maps.Copy(environment, extra)
	return environment
}

// closedWithin says whether the channel is closed, waiting at most so long.
func closedWithin(c <-chan struct{}, limit time.Duration) bool {
	select {
	case <-c:
		return true
	default:
	}
	if limit <= 0 {
		return false
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c:
		return true
	case <-timer.C:
		return false
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	limit int

	mu      sync.Mutex
	data    []byte
	dropped int
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if over := len(t.data) - t.limit; over > t.limit {
		t.dropped += over
		t.data = append(t.data[:0], t.data[over:]...)
	}
	return len(p), nil
}

// last returns at most limit bytes from the end, and says what it leaves out.
func (t *tail) last(limit int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := max(0, len(t.data)-limit)
	if left+t.dropped == 0 {
		return string(t.data)
	}
	return fmt.Sprintf("… (%d bytes before)\n%s", left+t.dropped, t.data[left:])
}
