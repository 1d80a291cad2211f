package credentials_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
)

// inSession tells the test that it runs inside of the session that it made.
const inSession = "POSTHOG_ORG_MCP_TEST_KEYRING"

// busWithoutActivation is a session bus that starts nothing by itself: a request
// that comes before our daemon is there would start one whose keyring is locked.
const busWithoutActivation = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// A session bus, a home and a keyring of the test's own: nothing of the user's is
// touched, and all of it ends with the session.
func TestTheSecretServiceKeepsASecret(t *testing.T) {
	if folder := os.Getenv(inSession); folder != "" {
		keepInSession(t, folder)
		return
	}
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not on this machine", program)
		}
	}
	home := t.TempDir()
	runtime := filepath.Join(home, "runtime")
	if err := os.Mkdir(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	bus := filepath.Join(home, "bus.conf")
	if err := os.WriteFile(bus, []byte(busWithoutActivation), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const script = `printf secret | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 & daemon=$!
"$0" -test.run='^TestTheSecretServiceKeepsASecret$' -test.v; code=$?; kill $daemon; wait $daemon; exit $code`
	session := exec.CommandContext(ctx, "dbus-run-session", "--config-file="+bus, "--", "sh", "-c", script, os.Args[0])
	session.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + runtime, inSession + "=" + filepath.Join(home, "config")}
	if said, err := session.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

func keepInSession(t *testing.T, folder string) {
	keyring, why := credentials.SystemKeyring("linux", map[string]string{"DBUS_SESSION_BUS_ADDRESS": os.Getenv("DBUS_SESSION_BUS_ADDRESS")})
	if keyring == nil {
		t.Fatal(why)
	}
	store := credentials.Open(credentials.Options{Folder: folder, Keyring: keyring})
	secret := credentials.Secret{Key: redact.NewSecret(canary)}
	wanted := credentials.Profile{Name: "work", Host: "https://eu.posthog.com", Kind: credentials.PersonalKey, Kept: credentials.InKeyring}
	var saved credentials.Profile
	var err error
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { // until the daemon is there
		if saved, err = store.Save(t.Context(), wanted, secret); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := keyOf(t, store, "work"); got != canary {
		t.Error("it gives back something else")
	}
	if _, err := store.Forget(t.Context(), "work"); err != nil {
		t.Error(err)
	}
	if _, err := keyring.Get(saved.Entry); err == nil {
		t.Error("it is still there")
	}
}
