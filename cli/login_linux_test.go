package cli_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// echoes reports whether a terminal shows what is typed.
func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// atTerminal runs a sign-in at a terminal of so many columns. Each pair of lines is what to wait for
// on the screen and what to do then.
func atTerminal(t *testing.T, columns uint16, args []string, steps ...any) (code int, seen string) {
	t.Helper()
	program, screen := terminal(t, columns)
	shown, all := watch(t, program, screen)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan int, 1)
	go func() {
		done <- cli.RunSigningIn(ctx, append([]string{"login", "--store", "file"}, args...),
			cli.Streams{In: program, InTerminal: true, Out: program, Err: program, Environ: atHome(t)}, nil, func(string) {})
	}()
	for i := 0; i+1 < len(steps); i += 2 {
		for deadline := time.Now().Add(patience); !strings.Contains(shown.String(), steps[i].(string)); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no %q on the screen:\n%s", steps[i], shown.String())
			}
		}
		switch do := steps[i+1].(type) {
		case string:
			if _, err := io.WriteString(screen, do); err != nil {
				t.Fatal(err)
			}
		case func(*os.File, context.CancelFunc):
			do(program, cancel)
		}
	}
	code = <-done
	if !echoes(t, program) {
		t.Error("the terminal does not show what is typed any more")
	}
	// A reader that was left behind holds the terminal open until it gets its line.
	if _, err := io.WriteString(screen, "\n"); err != nil {
		t.Fatal(err)
	}
	return code, all()
}

func TestAKeyThatIsTypedIsNotShown(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	hidden := func(program *os.File, _ context.CancelFunc) {
		for deadline := time.Now().Add(patience); echoes(t, program); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Error("the terminal shows the key")
				return
			}
		}
	}
	code, seen := atTerminal(t, 120, nil,
		"or press Enter to find out by the key", stage.URL+"\n",
		"It is not shown.", hidden,
		"It is not shown.", sandbox.OwnerKey+"\n",
		"Type the number", "7\n",
		"There is no number", "2\n",
	)
	if code != 0 || strings.Contains(seen, sandbox.OwnerKey) {
		t.Errorf("exit code %d:\n%s", code, seen)
	}
	contains(t, "the screen", seen, "--oauth-client-id", "(A sign-in in the browser needs --oauth-client-id; see docs/signing-in.md.)\nThen paste", stage.URL+"/settings/user-api-keys", "organization:write\n", sandbox.OtherOrganizationName, "is kept")
}

func TestAnInterruptionAtTheKeyLeavesTheTerminalAsItWas(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	code, seen := atTerminal(t, 120, []string{"--host", stage.URL, "--with-key"},
		"It is not shown.", func(program *os.File, cancel context.CancelFunc) {
			for deadline := time.Now().Add(patience); echoes(t, program) && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			}
			cancel() // as Ctrl-C does
		})
	if code != 1 || !strings.Contains(seen, "interrupted; nothing was changed") {
		t.Errorf("exit code %d:\n%s", code, seen)
	}
}

func TestANarrowTerminalBreaksNoWord(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	code, seen := atTerminal(t, 60, []string{"--host", stage.URL, "--with-key"}, "It is not shown.", sandbox.ReadOnlyKey+"\n")
	if code != 0 {
		t.Errorf("exit code %d:\n%s", code, seen)
	}
	for line := range strings.Lines(seen) {
		if len(line) > 61 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("a line that does not fit: %s", line)
		}
	}
	contains(t, "the screen", strings.Join(strings.Fields(seen), " "), "These will not (missing scope organization:write): roles-create, roles-update")
}
