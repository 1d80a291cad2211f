package child_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/child"
)

// misbehave plays servers of other people.
func misbehave(how string) {
	switch how {
	case "where":
		folder, _ := os.Getwd()
		inside, _ := os.ReadDir(".")
		_, _ = os.Stderr.WriteString(folder + "|" + strconv.Itoa(len(inside)))
		os.Exit(2)
	case "endless":
		line := bytes.Repeat([]byte("x"), 64<<10)
		for {
			if _, err := os.Stdout.Write(line); err != nil {
				os.Exit(1)
			}
		}
	case "leaving":
		left := exec.Command(os.Args[0])
		left.Env = []string{plays + "=mute"}
		if left.Start() == nil {
			_, _ = os.Stderr.WriteString(strconv.Itoa(left.Process.Pid))
		}
		os.Exit(2)
	}
}

func play(t *testing.T, how, home string, most int64) (*child.Server, error) {
	t.Helper()
	return child.Start(t.Context(), child.Options{
		Command: os.Args[0], Environ: []string{plays + "=" + how, "HOME=" + home, "USERPROFILE=" + home},
		Client: "test", Patience: 20 * time.Second, MostRead: most,
	})
}

func TestAServerStartsInAnEmptyFolderOfItsOwnThatGoesWithIt(t *testing.T) {
	home := t.TempDir()
	started, err := play(t, "where", home, 0)
	if err == nil {
		t.Fatal("it says hello")
	}
	folder, count, _ := strings.Cut(started.Said(), "|")
	resolved, err := filepath.EvalSymlinks(home)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(folder) != home && filepath.Dir(folder) != resolved || count != "0" {
		t.Errorf("it starts in %q with %s files", folder, count)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

func TestAServerWhoseHomeIsNotThereStartsInNoFolderOfTheUsers(t *testing.T) {
	started, _ := play(t, "where", filepath.Join(t.TempDir(), "nowhere"), 0)
	here, err := os.Getwd()
	if folder, _, _ := strings.Cut(started.Said(), "|"); err != nil || folder == "" || folder == here {
		t.Errorf("it starts in %q, %v", folder, err)
	}
}

func TestAServerThatWritesWithoutEndIsEnded(t *testing.T) {
	if _, err := play(t, "endless", t.TempDir(), 1<<20); !errors.Is(err, child.ErrSaysTooMuch) {
		t.Errorf("%v", err)
	}
}

func TestWhatAServerLeftRunningEndsWithIt(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("where processes are seen as files")
	}
	started, err := play(t, "leaving", t.TempDir(), 0)
	if err == nil {
		t.Fatal("it says hello")
	}
	pid := started.Said()
	if _, err := strconv.Atoi(pid); err != nil {
		t.Fatalf("%q", pid)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		state, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %s is still there", pid)
		}
	}
}
