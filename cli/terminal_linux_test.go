package cli_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/sandbox"
)

// terminal is a real one, of so many columns: what a program writes to it is read
// from screen, and what is typed there is what the program reads.
func terminal(t *testing.T, columns uint16) (program, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("this machine has no terminals to give: %v", err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = program.Close() })
	if err := unix.IoctlSetWinsize(int(program.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return program, screen
}

// watch looks at what a terminal shows, as it comes. All ends the program's side,
// and returns what was to be seen until then.
func watch(t *testing.T, program, screen *os.File) (shown *buffer, all func() string) {
	t.Helper()
	shown = &buffer{}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(shown, screen) // ends with an error once the program's side is closed
	}()
	return shown, func() string {
		t.Helper()
		_ = program.Close()
		select {
		case <-copied:
		case <-time.After(patience):
			t.Fatal("the terminal does not end")
		}
		return strings.ReplaceAll(shown.String(), "\r\n", "\n")
	}
}

// onScreen runs a command at a terminal where somebody types, and returns all that
// is then to be seen there.
func onScreen(t *testing.T, columns uint16, typed string, args ...string) (code int, seen string) {
	t.Helper()
	program, screen := terminal(t, columns)
	_, all := watch(t, program, screen)
	if _, err := io.WriteString(screen, typed); err != nil {
		t.Fatal(err)
	}
	code = cli.Run(t.Context(), cli.Build{}, args, cli.Streams{In: program, InTerminal: true, Out: program, Err: program, Environ: atHome(t)})
	return code, all()
}

func TestATerminalGetsATableThatFits(t *testing.T) {
	code, seen := onScreen(t, 200, "", "call", "membership-list", "--role", "Support", "--sandbox")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	contains(t, "a wide one", seen, "NAME ", "EMAIL", sandbox.AnaEmail)
	if strings.Contains(seen, "{") {
		t.Errorf("got JSON:\n%s", seen)
	}
	// Too narrow for a table, it gets each row by itself.
	code, seen = onScreen(t, 50, "", "call", "membership-list", "--role", "Support", "--sandbox")
	if code != 0 || strings.Contains(seen, "EMAIL") {
		t.Errorf("exit code %d, got:\n%s", code, seen)
	}
	contains(t, "a narrow one", seen, "email", sandbox.AnaEmail)
	code, seen = onScreen(t, 200, "", "call", "roles-list", "--sandbox", "--json")
	if code != 0 || !strings.HasPrefix(seen, `{"total":6`) {
		t.Errorf("exit code %d, got:\n%s", code, seen)
	}
	_, seen = onScreen(t, 60, "", "tools", "membership-add")
	for line := range strings.Lines(seen) {
		if len(line) > 61 && !strings.Contains(line, "posthog-org-mcp call") && !strings.Contains(line, `{"`) {
			t.Errorf("a line that does not fit: %s", line)
		}
	}
}

func TestATerminalIsAskedAndAnswers(t *testing.T) {
	for typed, wanted := range map[string]int{"yes\n": 0, "no\n": 1} {
		code, seen := onScreen(t, 120, typed, "call", "roles-delete", "--role", "Support", "--sandbox")
		if code != wanted {
			t.Errorf("typed %q: exit code %d", typed, code)
		}
		contains(t, "the screen", seen, `Delete the role "Support"`, `Type "yes" to do it:`)
		if done := strings.Contains(seen, "changed  true"); done != (wanted == 0) {
			t.Errorf("typed %q:\n%s", typed, seen)
		}
	}
}
