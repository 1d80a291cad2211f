package config_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/config"
)

const where = "The file that POSTHOG_PERSONAL_API_KEY_FILE names"

func keyFile(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func fromFile(t *testing.T, path string) (config.Config, error) {
	t.Helper()
	return load(t, env{"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_PERSONAL_API_KEY_FILE": path})
}

func TestAKeyFileMayEndInANewlineOrBeginWithAByteOrderMark(t *testing.T) {
	for _, content := range []string{canary, canary + "\n", canary + "\r\n", "\ufeff" + canary + "\n", "\n  " + canary + "  \n\n"} {
		loaded, err := fromFile(t, keyFile(t, content, 0o600))
		if err != nil {
			t.Fatalf("%q: %v", content, err)
		}
		if loaded.Key.Reveal() != canary || len(loaded.Notes) > 0 {
			t.Errorf("%q: got another key, or notes %v", content, loaded.Notes)
		}
	}
}

func TestAKeyFileThatHoldsNoKeyIsExplained(t *testing.T) {
	for _, test := range []struct{ name, content, says string }{
		{"empty", "", "is empty"},
		{"blank", " \n\t", "is empty"},
		{"huge", strings.Repeat("x", 5000), "longer than 4096 bytes"},
		{"two keys", canary + "\n" + canary, "more than one line"},
		{"UTF-16", "\xff\xfep\x00h\x00", "UTF-16"},
		{"public token", "phc_CANARYcanary0123456789abcdef", "public project token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := fromFile(t, keyFile(t, test.content, 0o600))
			refused(t, err, where, test.says)
		})
	}
}

func TestAKeyFileThatCannotBeReadIsNamed(t *testing.T) {
	directory := t.TempDir()
	_, err := fromFile(t, directory)
	refused(t, err, where, "is a directory", filepath.Base(directory))
	_, err = fromFile(t, filepath.Join(directory, "missing"))
	refused(t, err, where, "cannot be read", "missing", "permissions")
	if runtime.GOOS == "linux" {
		_, err = fromFile(t, "/dev/zero")
		refused(t, err, where, "not an ordinary file")
	}
}

func TestATildeInAKeyFilesPathIsTheHomeDirectory(t *testing.T) {
	path := keyFile(t, canary, 0o600)
	home := filepath.Dir(path)
	loaded, err := load(t, env{"HOME": home, "USERPROFILE": home, "POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_PERSONAL_API_KEY_FILE": "~/key"})
	if err != nil || loaded.Key.Reveal() != canary {
		t.Errorf("got %v", err)
	}
}

func TestAKeyFileThatOthersCanReadIsWarnedAbout(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file modes say nothing on Windows")
	}
	loaded, err := fromFile(t, keyFile(t, canary, 0o644))
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded.Notes) != 1 || loaded.Notes[0].Level != slog.LevelWarn || !strings.Contains(loaded.Notes[0].Text, "chmod 600") {
		t.Errorf("got %v", loaded.Notes)
	}
}

func fromCommand(t *testing.T, line string) (config.Config, error) {
	t.Helper()
	return load(t, env{"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_PERSONAL_API_KEY_COMMAND": line})
}

func TestAKeyCommandIsRunByTheSystemsShell(t *testing.T) {
	line := "echo " + canary
	if runtime.GOOS != "windows" {
		t.Setenv("CANARY_PART", strings.TrimPrefix(canary, "phx_"))
		line = `printf 'phx_%s\nignored\n' "${CANARY_PART}" | head -n 1`
	}
	loaded, err := fromCommand(t, line)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Key.Reveal() != canary {
		t.Error("got another key")
	}
}

func TestAKeyCommandThatFailsIsExplainedWithoutTheKey(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are written for sh")
	}
	for _, test := range []struct{ name, line, says string }{
		{"exit code", "echo vault is locked >&2; exit 3", `exit status 3) and said: "vault is locked"`},
		{"no such program", "no-such-program-here", "not found"},
		{"silent", "true", "printed nothing"},
		{"key on stderr", "echo " + canary + " >&2; exit 1", "failed"},
		{"unmarked key on stderr", "echo CANARYoldkey; echo bad key CANARYoldkey >&2; exit 1", "said: \"bad key …"},
		{"key in the command", canary + " -x", "not found"},
		{"too much", "yes | head -c 9000 | tr -d '\\n'", "too long"},
		{"two lines", "echo " + canary + "; echo " + canary, "more than one line"},
		{"noise", `printf 'a\033[31mred\nb' >&2; exit 1`, `\x1b[31mred\nb`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := fromCommand(t, test.line)
			refused(t, err, "The command in POSTHOG_PERSONAL_API_KEY_COMMAND", test.says)
		})
	}
}

func TestAKeyCommandGetsNoInput(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is written for sh")
	}
	_, err := fromCommand(t, "cat")
	refused(t, err, "The command in POSTHOG_PERSONAL_API_KEY_COMMAND", "printed nothing")
}

func TestAKeyCommandIsNotRunForAStartThatFailsAnyway(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "ran")
	variables := env{"POSTHOG_PERSONAL_API_KEY": "", "POSTHOG_PERSONAL_API_KEY_COMMAND": "echo ran > " + trace + " && echo " + canary}
	_, err := load(t, variables, "--log-level=loud")
	refused(t, err, "--log-level", "not a log level")
	if _, err := os.Stat(trace); err == nil {
		t.Error("the command ran")
	}
	mustLoad(t, variables)
	if _, err := os.Stat(trace); err != nil {
		t.Errorf("the command leaves no trace, so the test shows nothing: %v", err)
	}
}

func TestAKeyCommandThatHangsIsGivenUp(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the command is written for sh")
	}
	began := time.Now()
	_, err := config.CommandKeyWithin(t.Context(), "sleep 30; echo "+canary, 50*time.Millisecond)
	if err == nil || !strings.Contains(fmt.Sprint(err), "did not end within 50ms") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := config.CommandKeyWithin(stopped, "sleep 30", time.Minute); err == nil || !strings.Contains(fmt.Sprint(err), "interrupted") {
		t.Errorf("got %v", err)
	}
}
