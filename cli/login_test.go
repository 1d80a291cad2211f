package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/config"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
)

// desk is somebody who signs in: their home, and what they call PostHog Cloud.
type desk struct {
	t       *testing.T
	environ []string
	clouds  []*url.URL
	open    func(address string)
}

func newDesk(t *testing.T, clouds ...*harness.Stage) *desk {
	t.Helper()
	d := &desk{t: t, environ: atHome(t), open: func(address string) { t.Errorf("a page was opened: %s", address) }}
	for _, cloud := range clouds {
		address, err := url.Parse(cloud.URL)
		if err != nil {
			t.Fatal(err)
		}
		d.clouds = append(d.clouds, address)
	}
	return d
}

// types runs a command with what comes through a pipe.
func (d *desk) types(typed string, args ...string) (code int, stdout, stderr string) {
	d.t.Helper()
	var out, errs buffer
	code = cli.RunSigningIn(d.t.Context(), args, cli.Streams{In: strings.NewReader(typed), Out: &out, Err: &errs, Environ: d.environ}, d.clouds, d.open)
	if strings.Contains(out.String()+errs.String(), strings.TrimSpace(typed)) && len(typed) > 8 {
		d.t.Errorf("the key is shown: %s%s", out.String(), errs.String())
	}
	return code, out.String(), errs.String()
}

// logIn signs in, in a file whatever this machine has.
func (d *desk) logIn(typed string, args ...string) (code int, stdout, stderr string) {
	d.t.Helper()
	return d.types(typed, append([]string{"login", "--store", "file"}, args...)...)
}

func (d *desk) profiles() []map[string]string {
	d.t.Helper()
	_, stdout, stderr := d.types("", "profiles", "--json")
	var rows []map[string]string
	if err := json.Unmarshal([]byte(stdout), &rows); err != nil {
		d.t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	return rows
}

// holding are the files at home that hold a text.
func (d *desk) holding(text string) []string {
	d.t.Helper()
	home := strings.TrimPrefix(d.environ[0], "HOME=")
	var found []string
	err := filepath.WalkDir(home, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return found
}

func TestTheRegionOfAKeyIsFoundOut(t *testing.T) {
	us, eu := harness.Backend(t, sandbox.Options{}), harness.Backend(t, sandbox.Options{})
	const european = "phx_CANARYeuropean0123456789abcdefgh"
	if err := eu.Sandbox.RollKey(t.Context(), sandbox.AdminKey, european); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, us, eu)
	code, stdout, stderr := d.logIn(european + "\n")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	contains(t, "stdout", stdout, `This is the personal API key "Assistant" of "Maya Okonkwo" <`+sandbox.AdminEmail+">", sandbox.OrganizationName, "administrator", "organization:write", "21 tools will work")
	contains(t, "stderr", stderr, `The profile "default" is kept`, "posthog-org-mcp install")
	if rows := d.profiles(); len(rows) != 1 || rows[0]["host"] != eu.URL || rows[0]["owner"] != sandbox.AdminEmail {
		t.Errorf("got %v", rows)
	}
	if held := d.holding(european); len(held) != 1 || filepath.Base(filepath.Dir(held[0])) != "secrets" {
		t.Errorf("the key is in %q", held)
	}
	if code, _, stderr := d.logIn("phx_nobodys_0123456789abcdefghij", "--profile", "other"); code != 1 || !strings.Contains(stderr, "neither region of PostHog Cloud knows this key") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestASecondSignInGoesToTheHostOfTheProfileAndNowhereElse(t *testing.T) {
	own, us, eu := harness.Backend(t, sandbox.Options{}), harness.Backend(t, sandbox.Options{}), harness.Backend(t, sandbox.Options{})
	d := newDesk(t, us, eu)
	if code, _, stderr := d.logIn(sandbox.AdminKey, "--profile", "work", "--host", own.URL); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	code, _, stderr := d.logIn(sandbox.OwnerKey, "--profile", "work", "--organization", "@current")
	if code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	contains(t, "stderr", stderr, `The profile "work" is at `+own.URL+"; another one with --host.")
	if code, _, stderr := d.logIn("phx_nobodys_0123456789abcdefghij", "--profile", "work"); code != 1 || !strings.Contains(stderr, "does not know this key") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if n := len(us.Sandbox.Requests()) + len(eu.Sandbox.Requests()); n != 0 {
		t.Errorf("the keys were sent to PostHog Cloud, %d times", n)
	}
	if code, _, stderr := d.logIn(sandbox.OwnerKey, "--profile", "work", "--organization", "@current", "--host", us.URL); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if rows := d.profiles(); len(rows) != 1 || rows[0]["host"] != us.URL {
		t.Errorf("got %v", rows)
	}
	if err := os.Chmod(config.Profiles(d.environ).File(), 0o666); err == nil && runtime.GOOS != "windows" {
		before := len(us.Sandbox.Requests())
		if code, _, stderr := d.logIn(sandbox.OwnerKey, "--profile", "work"); code != 1 || !strings.Contains(stderr, "chmod 600") || len(us.Sandbox.Requests()) != before {
			t.Errorf("others can change where it is, and exit code %d: %s", code, stderr)
		}
	}
}

func TestASecondSignInSaysWhatItReplaces(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	for i, says := range []string{"Next: posthog-org-mcp install --profile ro --read-only puts", `This will replace the key of the profile "ro" <` + sandbox.AdminEmail + "> at " + stage.URL + "."} {
		code, _, stderr := d.logIn(sandbox.AdminKey, "--host", stage.URL, "--profile", "ro", "--read-only")
		if code != 0 || !strings.Contains(stderr, says) || strings.Contains(stderr, "replace the key") != (i == 1) {
			t.Errorf("exit code %d: %s", code, stderr)
		}
	}
}

func TestProfilesFitATerminalAndTellFilesAsJSONAlone(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	if code, _, stderr := d.logIn(sandbox.AdminKey, "--host", stage.URL); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	_, stdout, _ := d.types("", "profiles")
	if lines := strings.Split(stdout, "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], "NAME ") || !strings.HasSuffix(lines[1], "  file") {
		t.Errorf("got:\n%s", stdout)
	}
	if kept := d.profiles()[0]["kept"]; !filepath.IsAbs(kept) {
		t.Errorf("kept in %s", kept)
	}
}

func TestASignOutWherePostHogIsAwaySaysSoOnce(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	d.open = consents(t, stage)
	if code, _, stderr := d.logIn("", "--browser", "--host", stage.URL, "--oauth-client-id", stage.URL+sandbox.ClientPath); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	stage.Sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Fail, Status: 503, Times: -1}}})
	code, _, stderr := d.types("", "logout")
	if code != 1 || len(d.profiles()) != 0 || len(d.holding("phr_")) != 0 {
		t.Errorf("exit code %d, %v", code, d.profiles())
	}
	contains(t, "stderr", stderr, "is forgotten", "could not all be revoked at", stage.URL, "your PostHog settings", "end by themselves")
	if strings.Count(stderr, "503") != 1 || strings.Contains(stderr, "Try again") {
		t.Errorf("%s", stderr)
	}
}

func TestASignInTellsWhatWillNotWorkAndWhy(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	code, stdout, stderr := newDesk(t).logIn(sandbox.ReadOnlyKey, "--host", stage.URL)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	contains(t, "stdout", stdout, "13 tools will work.", "These will not (missing scope organization:write): roles-create, roles-update")
}

func TestWhatIsNoKeyIsNotKept(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	for typed, says := range map[string]string{
		"": "there was no key", "phc_CANARYpublic0123456789abc": "public project token", "phx_unknown_0123456789abcdefgh": "does not know this key",
		"Bearer phx_CANARY0123456789abcdefg": "Leave that word out", "two\nlines_of_a_key": "more than one line",
	} {
		d := newDesk(t)
		code, stdout, stderr := d.logIn(typed, "--host", stage.URL)
		if code != 1 || stdout != "" || !strings.Contains(stderr, says) || len(d.profiles()) != 0 {
			t.Errorf("%q: exit code %d, %s", says, code, stderr)
		}
	}
}

func TestAnOrganizationIsKeptWithTheSignIn(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	for name, args := range map[string][]string{
		"other": {"--organization", sandbox.OtherOrganization}, "current": {"--organization", "@current"},
	} {
		if code, _, stderr := d.logIn(sandbox.OwnerKey, append(args, "--host", stage.URL, "--profile", name)...); code != 0 && name == "current" {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
		} else if name == "other" && code != 0 && !strings.Contains(stderr, "does not reach the organization") {
			t.Errorf("%s: exit code %d, %s", name, code, stderr)
		}
	}
	code, _, stderr := d.logIn(sandbox.ScopedKey, "--host", stage.URL, "--profile", "scoped", "--organization", sandbox.OtherOrganization)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	rows := d.profiles()
	if last := rows[len(rows)-1]; last["name"] != "scoped" || last["organization"] != sandbox.OtherOrganizationName {
		t.Errorf("got %v", rows)
	}
	if code, _, stderr := d.logIn(sandbox.AdminKey, "--host", stage.URL, "--organization", "5c1d8a94-70c5-4f0e-9d0e-3b5f2f7f1c52"); code != 1 || !strings.Contains(stderr, "nothing is kept") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestWhatLoginKeptIsUsedByEveryOtherCommand(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	if code, _, stderr := d.logIn(sandbox.AdminKey, "--host", stage.URL, "--profile", "work"); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if code, stdout, stderr := d.types("", "call", "whoami", "--profile", "work"); code != 0 || !strings.Contains(stdout, stage.URL) {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if code, _, stderr := d.types("", "call", "whoami"); code != 2 || !strings.Contains(stderr, "posthog-org-mcp login") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestAKeyOfAProfileThatIsNoGoodLeadsToAnotherSignIn(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	if code, _, stderr := d.logIn(sandbox.AdminKey, "--host", stage.URL, "--profile", "work"); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if err := stage.Sandbox.RollKey(t.Context(), sandbox.AdminKey, "phx_CANARYanother0123456789abcdefgh"); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := d.types("", "call", "roles-list", "--profile", "work")
	if code != 1 || !strings.Contains(stderr, "or sign in again: posthog-org-mcp login --profile work.") {
		t.Errorf("refused: exit code %d: %s", code, stderr)
	}
	held := d.holding(sandbox.AdminKey)
	if len(held) != 1 {
		t.Fatalf("the key is in %q", held)
	}
	for _, content := range []string{"", "phx_1"} {
		if err := os.WriteFile(held[0], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, stderr := d.types("", "call", "roles-list", "--profile", "work")
		if code != 2 || !strings.Contains(stderr, `What is kept for the profile "work" is not what this program writes.`+"\nSign in again: posthog-org-mcp login --profile work.\n") {
			t.Errorf("%q: exit code %d: %s", content, code, stderr)
		}
	}
}

func TestALogoutForgetsAndSaysThatTheKeyStaysValid(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	for _, name := range []string{"default", "work", "home"} {
		if code, _, stderr := d.logIn(sandbox.AdminKey, "--host", stage.URL, "--profile", name); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
	}
	code, _, stderr := d.types("", "logout")
	if code != 0 || len(d.profiles()) != 2 {
		t.Errorf("exit code %d, %v", code, d.profiles())
	}
	contains(t, "stderr", stderr, `The profile "default" is forgotten`, "stays valid until you delete it at "+stage.URL+config.KeyPage)
	if code, _, stderr := d.types("", "logout"); code != 1 || !strings.Contains(stderr, `There is no profile "default"`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if code, _, _ := d.types("", "logout", "--all", "--profile", "work"); code != 2 {
		t.Errorf("exit code %d", code)
	}
	if code, _, _ := d.types("", "logout", "--all"); code != 0 || len(d.profiles()) != 0 || len(d.holding(sandbox.AdminKey)) != 0 {
		t.Errorf("exit code %d, %v, %q", code, d.profiles(), d.holding(sandbox.AdminKey))
	}
}

func TestFlagsThatMakeNoSenseAreRefusedBeforeAnythingIsRead(t *testing.T) {
	for _, args := range [][]string{
		{"--with-key", "--browser"}, {"--store", "drawer"}, {"--profile", "../x"}, {"--host", "not an address"}, {"--oauth-client-id", "no-url"},
	} {
		if code, _, stderr := newDesk(t).types("", append([]string{"login"}, args...)...); code != 2 {
			t.Errorf("%q: exit code %d, %s", args, code, stderr)
		}
	}
	if _, _, stderr := newDesk(t).types("", "login", "--hots", "eu"); !strings.Contains(stderr, "Did you mean --host?") {
		t.Errorf("%s", stderr)
	}
	if code, _, stderr := newDesk(t).types("", "login", "--browser"); code != 1 || !strings.Contains(stderr, "--oauth-client-id") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

var consentField = regexp.MustCompile(`name="request" value="([^"]+)"`)

// consents is a person who allows what the page asks, in a browser of their own.
func consents(t *testing.T, stage *harness.Stage) func(address string) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	get := func(request *http.Request, err error) (text, location string) {
		if err != nil {
			t.Error(err)
			return "", ""
		}
		client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.Do(request)
		if err != nil {
			t.Error(err)
			return "", ""
		}
		defer response.Body.Close()
		content, _ := io.ReadAll(response.Body)
		return string(content), response.Header.Get("Location")
	}
	return func(address string) {
		go func() { // as a browser does, beside the program
			_, ahead := get(http.NewRequest(http.MethodGet, address, nil))
			page, _ := get(http.NewRequest(http.MethodGet, ahead, nil))
			found := consentField.FindStringSubmatch(page)
			if found == nil {
				t.Errorf("this is no page to consent at: %s", page)
				return
			}
			form := url.Values{"request": {found[1]}, "person": {sandbox.AdminUser}, "answer": {"allow"}}
			request, err := http.NewRequest(http.MethodPost, stage.URL+"/oauth/authorize/", strings.NewReader(form.Encode()))
			if err == nil {
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			_, back := get(request, err)
			get(http.NewRequest(http.MethodGet, back, nil))
		}()
	}
}

func TestASignInInTheBrowserIsKeptUsedAndEnded(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	d.open = consents(t, stage)
	code, stdout, stderr := d.logIn("", "--browser", "--host", stage.URL, "--oauth-client-id", stage.URL+sandbox.ClientPath)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	contains(t, "stdout", stdout, `This is the OAuth token of "Maya Okonkwo"`)
	held := d.holding("pha_")
	if len(held) != 1 || len(d.holding("phr_")) != 1 || strings.Contains(stdout+stderr, "pha_") && !strings.Contains(stdout+stderr, "pha_…") {
		t.Fatalf("the token is in %q", held)
	}
	if code, stdout, stderr := d.types("", "call", "roles-list"); code != 0 || !strings.Contains(stdout, "Support") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	// Tokens that PostHog takes no more are renewed, and what is kept with them.
	before := tokensIn(t, held[0])
	spoiled := before
	spoiled["access"] = "pha_spoiled0123456789abcdefghijk"
	data, err := json.Marshal(spoiled)
	if err != nil {
		t.Fatal(err)
	}
	refresh := before["refresh"]
	if err := os.WriteFile(held[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := d.types("", "call", "roles-list"); code != 0 {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if after := tokensIn(t, held[0]); after["refresh"] == refresh || after["access"] == spoiled["access"] {
		t.Errorf("the tokens are as before")
	}
	access := tokensIn(t, held[0])["access"]
	code, _, stderr = d.types("", "logout")
	if code != 0 || len(d.holding("phr_")) != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	contains(t, "stderr", stderr, "ended at PostHog as well")
	if code, _, _ := d.logIn(access, "--host", stage.URL); code != 1 {
		t.Error("the token still opens PostHog")
	}
}

func TestASignInThatIsReplacedIsEnded(t *testing.T) {
	stage := harness.Backend(t, sandbox.Options{})
	d := newDesk(t)
	d.open = consents(t, stage)
	args := []string{"--browser", "--host", stage.URL, "--oauth-client-id", stage.URL + sandbox.ClientPath}
	if code, _, stderr := d.logIn("", args...); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	access := tokensIn(t, d.holding("pha_")[0])["access"]
	code, _, stderr := d.logIn(sandbox.AdminKey, "--host", stage.URL)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	contains(t, "stderr", stderr, "The sign-in that it replaces is ended at PostHog.")
	if code, _, _ := d.logIn(access, "--host", stage.URL, "--profile", "other"); code != 1 {
		t.Error("the token of the first still opens PostHog")
	}
}

// tokensIn is what a file keeps of a sign-in in the browser.
func tokensIn(t *testing.T, path string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	if err := json.Unmarshal(data, &found); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	return found
}
