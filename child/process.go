package child

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// process is a running child with all that it starts, in a folder of its own.
type process struct {
	stdin  io.WriteCloser
	stdout *limited

	command *exec.Cmd
	folder  string // empty, and removed at the end; "" where none could be made
	ended   func() error
}

// startProcess starts what the options say.
func startProcess(options Options, stderr io.Writer) (*process, error) {
	command := exec.Command(options.Command, options.Args...) // not bound to a context: it ends because its input ends
	command.Env, command.Stderr = options.Environ, stderr
	command.WaitDelay = time.Second // for a grandchild that keeps the pipes open
	inOwnGroup(command)
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &process{stdin: stdin, stdout: &limited{from: stdout, most: options.MostRead}, command: command}
	command.Dir, p.folder = workingFolder(options.Environ)
	if err := command.Start(); err != nil {
		p.removeFolder()
		return nil, err
	}
	p.ended = sync.OnceValue(func() error {
		err := command.Wait()
		killGroup(command.Process) // whatever it started and left behind
		p.removeFolder()
		return err
	})
	return p, nil
}

// end waits for the exit, and brings it about where that takes too long.
func (p *process) end(patience time.Duration) error {
	grace := time.AfterFunc(patience, func() { killGroup(p.command.Process) })
	defer grace.Stop()
	return p.ended()
}

// removeFolder takes away the folder that was made, with what the child left in it.
func (p *process) removeFolder() {
	if p.folder != "" {
		_ = os.RemoveAll(p.folder)
	}
}

// workingFolder is where a child starts, and the same folder once more if it was
// made for that. Programs such as npx start what they find in the folder that they
// are started in, or in one above: that must not be whatever folder the user is
// in, nor one that other users of the machine can write to, as in /tmp.
func workingFolder(environ []string) (at, made string) {
	names := map[bool]string{true: "USERPROFILE", false: "HOME"}
	for _, variable := range environ {
		name, home, _ := strings.Cut(variable, "=")
		if name != names[runtime.GOOS == "windows"] || !filepath.IsAbs(home) {
			continue
		}
		if made, err := os.MkdirTemp(home, ".posthog-org-mcp-"); err == nil {
			return made, made
		}
		break
	}
	if runtime.GOOS == "windows" {
		return os.Getenv("SYSTEMROOT"), ""
	}
	return "/", ""
}

// limited reads up to a number of bytes, and then says that it is the end. That
// is also all that it says of an error.
type limited struct {
	from io.Reader
	most int64 // 0 for any number
	read atomic.Int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.exceeded() {
		return 0, io.EOF
	}
	n, err := l.from.Read(p)
	l.read.Add(int64(n))
	if err != nil {
		return n, io.EOF
	}
	return n, nil
}

func (l *limited) exceeded() bool { return l.most > 0 && l.read.Load() > l.most }
