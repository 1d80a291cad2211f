package config

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"posthog-org-mcp/redact"
)

const (
	commandTime   = 15 * time.Second
	commandStderr = 1024 // bytes of a failed command's complaint that are kept
)

// commandKey runs a command by the system's shell, since password managers are
// mostly called with quotes and pipes, and reads the key from its output. The
// command gets no input; what it prints never reaches our own output.
func commandKey(ctx context.Context, line string) (string, *secretFault) {
	return commandKeyWithin(ctx, line, commandTime)
}

func commandKeyWithin(ctx context.Context, line string, limit time.Duration) (string, *secretFault) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	command := shell(ctx, line)
	stdout, stderr := &bounded{limit: longestKey + 1}, &bounded{limit: commandStderr}
	command.Stdout, command.Stderr = stdout, stderr
	command.WaitDelay = time.Second // for a grandchild that keeps the pipes open
	err := command.Run()
	if cause := ctx.Err(); cause != nil {
		if errors.Is(cause, context.DeadlineExceeded) {
			return "", &secretFault{fmt.Sprintf("did not end within %s.", limit), "Unlock the password manager first, and try the command in a terminal."}
		}
		return "", &secretFault{"was interrupted.", "Start again."}
	}
	key, fault := plainText(stdout.kept)
	// A command that ended well may leave an agent behind that keeps the pipes open.
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		what := fmt.Sprintf("failed (%s).", outcome(err))
		// A command may complain about the very key that it printed.
		if said := redact.New(redact.NewSecret(key)).Text(strings.TrimSpace(string(stderr.kept))); said != "" {
			what = fmt.Sprintf("failed (%s) and said: %s", outcome(err), QuoteWhole(said))
		}
		return "", &secretFault{what, "Try the command in a terminal: it must print the key and nothing else."}
	}
	if fault == nil && key == "" {
		fault = &secretFault{"printed nothing.", "Try the command in a terminal: it must print the key and nothing else."}
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
