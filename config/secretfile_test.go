package config_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"posthog-org-mcp/config"
)

const signingSecret = "CANARYsigning/0123456789abcdef+x="

func TestASigningSecretIsItsFilesContentWithoutTheBlanksAroundIt(t *testing.T) {
	for _, content := range []string{signingSecret, signingSecret + "\n", "\ufeff\r\n " + signingSecret + "\r\n", strings.Repeat("é", 32)} {
		loaded := mustLoad(t, env{"POSTHOG_MCP_SIGNING_SECRET_FILE": keyFile(t, content, 0o600)})
		if want := strings.Trim(content, "\ufeff\r\n "); loaded.SigningSecret.Reveal() != want || len(loaded.Notes) > 0 {
			t.Errorf("%q: got another secret, or notes %v", content, loaded.Notes)
		}
		if said := fmt.Sprintf("%v %+v %#v", loaded, loaded, loaded.SigningSecret); strings.Contains(said, "CANARY") {
			t.Error("the secret is in " + said)
		}
	}
}

func TestASigningSecretThatCannotBeUsedIsExplained(t *testing.T) {
	for _, test := range []struct{ name, content, says, advises string }{
		{"empty", " \n", "is empty", "openssl rand -hex 32"},
		{"short", signingSecret[:31] + "\n", "fewer than 32 characters", "openssl rand -hex 32"},
		{"few letters of many bytes", strings.Repeat("é", 31), "fewer than 32 characters", "openssl rand -hex 32"},
		{"huge", strings.Repeat("x", 5000), "cannot be just a signing secret", "nothing else"},
		{"UTF-16", "\xff\xfep\x00h\x00", "UTF-16", "plain text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, nil, "--signing-secret-file", keyFile(t, test.content, 0o600))
			refused(t, err, "The file that --signing-secret-file names", test.says, test.advises)
		})
	}
}

func TestASigningSecretsFileThatCannotBeReadIsNamed(t *testing.T) {
	const where = "The file that POSTHOG_MCP_SIGNING_SECRET_FILE names"
	directory := t.TempDir()
	_, err := load(t, env{"POSTHOG_MCP_SIGNING_SECRET_FILE": directory})
	refused(t, err, where, "is a directory", "holds the signing secret")
	_, err = load(t, env{"POSTHOG_MCP_SIGNING_SECRET_FILE": filepath.Join(directory, "missing")})
	refused(t, err, where, "cannot be read", "missing")
	if runtime.GOOS == "linux" {
		_, err = load(t, env{"POSTHOG_MCP_SIGNING_SECRET_FILE": "/dev/zero"})
		refused(t, err, where, "not an ordinary file", "leave the setting out")
	}
	_, err = load(t, env{"POSTHOG_MCP_SIGNING_SECRET_FILE": "CANARYijkmnopqrstuvwxyz0123456789abcdef"})
	refused(t, err, "POSTHOG_MCP_SIGNING_SECRET_FILE", "looks like the secret itself", "name that file")
}

func TestASigningSecretThatOthersCanReadIsWarnedAbout(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("file modes say nothing on Windows")
	}
	notes := mustLoad(t, nil, "--signing-secret-file", keyFile(t, signingSecret, 0o644)).Notes
	if len(notes) != 1 || notes[0].Level != slog.LevelWarn || !strings.Contains(notes[0].Text, "read the signing secret in") || !strings.Contains(notes[0].Text, "chmod 600") {
		t.Errorf("got %v", notes)
	}
}

func TestPowerShellIsToldHowItWritesAPlainFile(t *testing.T) {
	for system, told := range map[string]bool{"windows": true, "linux": false, "darwin": false} {
		if got := config.PlainAdvice(system); strings.Contains(got, "Set-Content -Encoding ascii") != told {
			t.Errorf("%s: %s", system, got)
		}
	}
}
