package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"posthog-org-mcp/journal"
)

// These make this test binary another process on the same journal.
const (
	roleVariable = "JOURNAL_TEST_ROLE"
	pathVariable = "JOURNAL_TEST_PATH"
	sizeVariable = "JOURNAL_TEST_SIZE"
)

// roles is what another process can be told to do. It says on standard output
// what it has been promised, one line each.
func roles() map[string]func(*journal.Journal, string) error {
	return map[string]func(*journal.Journal, string) error{
		"write until killed": writeUntilKilled,
		"write fifty":        writeFifty,
		"begin and wait":     beginAndWait,
		"recover and wait":   recoverAndWait,
		"meet a size limit":  meetSizeLimit,
		"be nobody":          beNobody,
	}
}

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		path := os.Getenv(pathVariable)
		size, _ := strconv.ParseInt(os.Getenv(sizeVariable), 10, 64)
		if err := roles()[role](journal.New(journal.Options{Path: path, MaxSize: size}), path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process is another process on a journal.
type process struct {
	*exec.Cmd
	says  *bufio.Scanner
	stdin io.Closer
}

func start(t *testing.T, role, path string, size int64) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(self)}
	p.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path, sizeVariable+"="+strconv.FormatInt(size, 10))
	p.Stderr = os.Stderr
	stdin, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin, p.says = stdin, bufio.NewScanner(stdout)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	return p
}

// line returns the next line that the process says.
func (p *process) line(t *testing.T) string {
	t.Helper()
	if !p.says.Scan() {
		t.Fatalf("the process says no more: %v", p.says.Err())
	}
	return p.says.Text()
}

// rest returns all that the process says until it has ended.
func (p *process) rest(t *testing.T) []string {
	t.Helper()
	var lines []string
	for p.says.Scan() {
		lines = append(lines, p.says.Text())
	}
	_ = p.Wait()
	return lines
}

// kill ends the process as kill -9 does, and returns what it has said.
func (p *process) kill(t *testing.T) []string {
	t.Helper()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	return p.rest(t)
}

func writeUntilKilled(j *journal.Journal, _ string) error {
	for {
		id := journal.NewID()
		if err := j.Begin(context.Background(), intent(id)); err != nil {
			return err
		}
		fmt.Println("begun", id)
		if err := j.End(context.Background(), done(id)); err != nil {
			return err
		}
		fmt.Println("ended", id)
	}
}

func writeFifty(j *journal.Journal, _ string) error {
	for range 50 {
		id := journal.NewID()
		if err := j.Begin(context.Background(), intent(id)); err != nil {
			return err
		}
		if err := j.End(context.Background(), done(id)); err != nil {
			return err
		}
		fmt.Println(id)
	}
	return j.Close()
}

func beginAndWait(j *journal.Journal, _ string) error {
	id := journal.NewID()
	if err := j.Begin(context.Background(), intent(id)); err != nil {
		return err
	}
	fmt.Println(id)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// recoverAndWait says which writes it was given to recover, then "all".
func recoverAndWait(j *journal.Journal, _ string) error {
	abandoned, err := j.Abandoned(context.Background())
	if err != nil {
		return err
	}
	for _, entry := range abandoned {
		fmt.Println(entry.ID)
	}
	fmt.Println("all")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
