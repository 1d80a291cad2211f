package child_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/child"
)

const longestTail = 16 << 10

func TestTheServerGetsNothingOfTheUsersShellButWhatClientsPassOn(t *testing.T) {
	given := []string{"PATH=/bin", "POSTHOG_PERSONAL_API_KEY=phx_a_real_key_of_the_user", "POSTHOG_HOST=eu", "POSTHOG_MCP_READ_ONLY=1", "HTTPS_PROXY=x", "TERM=xterm"}
	got := child.Inherited(given)
	if !slices.Contains(got, "PATH=/bin") {
		t.Errorf("PATH is lost: %q", got)
	}
	if strings.Contains(strings.Join(got, " "), "POSTHOG") {
		t.Errorf("got %q", got)
	}
}

func TestOnlyTheLastOfALongStderrIsKept(t *testing.T) {
	said := &child.Tail{}
	for range 3 {
		_, _ = said.Write(bytes.Repeat([]byte("x"), longestTail))
	}
	_, _ = said.Write([]byte("the end"))
	if got := said.String(); len(got) != longestTail || !strings.HasSuffix(got, "the end") {
		t.Errorf("kept %d bytes", len(got))
	}
}

// plays names the variable that has the test binary play a server.
const plays = "POSTHOG_ORG_MCP_TEST_PLAYS"

func TestMain(m *testing.M) {
	switch os.Getenv(plays) {
	case "mute":
		time.Sleep(time.Minute) // until it is killed
	case "failing":
		_, _ = os.Stderr.WriteString("there is no key\n")
		os.Exit(2)
	}
	misbehave(os.Getenv(plays))
	os.Exit(m.Run())
}

func TestAServerThatDoesNotSayHelloIsEnded(t *testing.T) {
	started, err := child.Start(t.Context(), child.Options{
		Command: os.Args[0], Environ: []string{plays + "=mute"}, Client: "test", Patience: 200 * time.Millisecond,
	})
	if err == nil || started == nil {
		t.Fatalf("it started: %v", err)
	}
	if closed := started.Close(); closed != nil && !strings.Contains(closed.Error(), "kill") {
		t.Logf("closing it again: %v", closed)
	}
}

func TestAServerThatFailsHasSaidWhy(t *testing.T) {
	started, err := child.Start(t.Context(), child.Options{
		Command: os.Args[0], Environ: []string{plays + "=failing"}, Client: "test", Patience: 10 * time.Second,
	})
	if err == nil || !strings.Contains(started.Said(), "there is no key") {
		t.Errorf("%v, and it said %q", err, started.Said())
	}
}

func TestACommandThatIsNotThereIsToldApart(t *testing.T) {
	_, err := child.Start(context.Background(), child.Options{Command: "no-such-command-anywhere", Client: "test", Patience: time.Second})
	if err == nil || !strings.Contains(err.Error(), exec.ErrNotFound.Error()) {
		t.Errorf("%v", err)
	}
}
