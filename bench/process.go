package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"time"
)

// patience is how long each wait for a child lasts at most. Only a child that
// hangs uses it up.
const patience = 30 * time.Second

// program is an executable and how to start it.
type program struct {
	path string
	args []string
	env  []string // over a clean, minimal environment
}

// process is a child of the benchmark, with its standard streams in hand. It is
// for one goroutine.
type process struct {
	program program
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	stderr  bytes.Buffer // complete once the process has ended
	late    atomic.Bool  // killed, because it let us wait too long
}

// start starts a program. The end of ctx kills it.
func start(ctx context.Context, program program) (*process, error) {
	p := &process{program: program, command: exec.CommandContext(ctx, program.path, program.args...)}
	p.command.Env = append(cleanEnvironment(), program.env...)
	p.command.Stderr = &p.stderr
	p.command.WaitDelay = time.Second
	in, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReaderSize(out, 64<<10)
	return p, nil
}

// exchange writes text to the child and reads as many lines as are expected
// back.
func (p *process) exchange(text []byte, lines int) ([][]byte, error) {
	defer p.watch()()
	if _, err := p.in.Write(text); err != nil {
		return nil, p.explain(err)
	}
	read := make([][]byte, lines)
	for i := range read {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			return nil, p.explain(err)
		}
		read[i] = line
	}
	return read, nil
}

// watch kills the child if it lets us wait longer than patience, which ends
// whatever reads from it. The caller calls the function returned when done.
func (p *process) watch() (done func()) {
	timer := time.AfterFunc(patience, func() {
		p.late.Store(true)
		_ = p.command.Process.Kill() // it may just have ended
	})
	return func() { timer.Stop() }
}

// end ends the child as a client does, by closing its input, and fails unless
// it then exits with 0.
func (p *process) end() error {
	defer p.watch()()
	_ = p.in.Close() // of a child that has ended already it is closed
	if err := p.command.Wait(); err != nil {
		return p.explain(err)
	}
	return nil
}

// abandon ends a child of which nothing more is expected, whatever it does.
func (p *process) abandon() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

// explain adds to an error what the child itself said, for which it waits until
// the child has ended. It is called while watch watches.
func (p *process) explain(err error) error {
	_ = p.in.Close()
	_ = p.command.Wait()
	if p.late.Load() {
		err = errors.Join(fmt.Errorf("it let us wait for more than %s", patience), err)
	}
	return fmt.Errorf("%s %q: %w\n%s", p.program.path, p.program.args, err, lastOf(p.stderr.Bytes()))
}

// lastOf cuts off all but the end of what a child said.
func lastOf(text []byte) []byte {
	const most = 2 << 10
	return text[max(0, len(text)-most):]
}

// cleanEnvironment is what every child gets: nothing of the user's settings.
func cleanEnvironment() []string {
	env := []string{"HOME=" + os.TempDir()}
	if runtime.GOOS == "windows" {
		env = append(env, "USERPROFILE="+os.TempDir(), "SYSTEMROOT="+os.Getenv("SYSTEMROOT"), "TEMP="+os.TempDir(), "TMP="+os.TempDir())
	}
	return env
}
