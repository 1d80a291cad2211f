package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"posthog-org-mcp/redact"
)

// fileKey reads the key from a file, and warns when others can read it too.
func (l *loader) fileKey(path string) (string, *keyFault) {
	path = expandHome(path)
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute // a client starts the server in a directory of its own choice
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	switch {
	case info.IsDir():
		return "", &keyFault{fmt.Sprintf("is a directory: %s.", Quote(path)), "Name the file in it that holds the key."}
	case !info.Mode().IsRegular():
		return "", &keyFault{fmt.Sprintf("is not an ordinary file: %s.", Quote(path)), "Write the key into a file, or use " + keyCommandVariable + "."}
	case info.Size() > longestKey:
		return "", &keyFault{fmt.Sprintf("is longer than %d bytes, so it cannot be just a key: %s.", longestKey, Quote(path)), "The file must hold the key and nothing else."}
	}
	file, err := os.Open(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longestKey+1))
	if err != nil {
		return "", unreadable(path, err)
	}
	key, fault := plainText(content)
	if fault == nil && key == "" {
		fault = &keyFault{fmt.Sprintf("is empty: %s.", Quote(path)), ""}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		l.note(slog.LevelWarn, "others on this machine may read the key in %s; chmod 600 keeps it to you", Quote(path))
	}
	return key, fault
}

func unreadable(path string, err error) *keyFault {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err // the path stands in our own words, masked
	}
	return &keyFault{fmt.Sprintf("cannot be read: %s: %v.", Quote(path), err), "Check the path and its permissions."}
}

// plainText decodes what editors on Windows write around a line of text.
func plainText(content []byte) (string, *keyFault) {
	if bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}) {
		return "", &keyFault{"is saved as UTF-16.", "Save it as plain text (UTF-8)."}
	}
	content = bytes.TrimPrefix(content, []byte{0xef, 0xbb, 0xbf})
	return strings.TrimSpace(string(content)), nil
}

const (
	commandTime   = 15 * time.Second
	commandStderr = 1024 // bytes of a failed command's complaint that are kept
)

// commandKey runs a command by the system's shell, since password managers are
// mostly called with quotes and pipes, and reads the key from its output. The
// command gets no input; what it prints never reaches our own output.
func commandKey(ctx context.Context, line string) (string, *keyFault) {
	return commandKeyWithin(ctx, line, commandTime)
}

func commandKeyWithin(ctx context.Context, line string, limit time.Duration) (string, *keyFault) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := shell(ctx, line)
	stdout, stderr := &bounded{limit: longestKey + 1}, &bounded{limit: commandStderr}
	command.Stdout, command.Stderr = stdout, stderr
	command.WaitDelay = time.Second // for a grandchild that keeps the pipes open
	err := command.Run()
	if cause := ctx.Err(); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			return "", &keyFault{fmt.Sprintf("did not end within %s.", limit), "Unlock the password manager first, and try the command in a terminal."}
		}
		return "", &keyFault{"was interrupted.", "Start again."}
	}
	key, fault := plainText(stdout.kept)
	// A command that ended well may leave an agent behind that keeps the pipes open.
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		what := fmt.Sprintf("failed (%s).", outcome(err))
		// A command may complain about the very key that it printed.
		if said := redact.New(redact.NewSecret(key)).Text(strings.TrimSpace(string(stderr.kept))); said != "" {
			what = fmt.Sprintf("failed (%s) and said: %s", outcome(err), quoteLine(said))
		}
		return "", &keyFault{what, "Try the command in a terminal: it must print the key and nothing else."}
	}
	if fault == nil && key == "" {
		fault = &keyFault{"printed nothing.", "Try the command in a terminal: it must print the key and nothing else."}
	}
	return key, fault
}

// outcome is how a command ended, without the command.
func outcome(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ProcessState.String()
	}
	return "it could not be started"
}

// quoteLine makes another program's words safe to print: keys masked, control
// characters escaped, on one line.
func quoteLine(said string) string { return strconv.Quote(maskAll(said)) }

// bounded keeps the beginning of what is written to it and drops the rest.
type bounded struct {
	kept  []byte
	limit int
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - len(b.kept)
	b.kept = append(b.kept, p[:min(max(room, 0), len(p))]...)
	return len(p), nil
}
