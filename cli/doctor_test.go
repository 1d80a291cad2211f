package cli_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/cli"
	"posthog-org-mcp/doctor"
	"posthog-org-mcp/sandbox"
)

// report is what --json prints.
type report struct {
	Checks  []doctor.Finding
	Summary string
	Exit    int
}

func (s *situation) run(args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var out, errs buffer
	code = cli.RunIn(ctx, s.world, cli.Build{Version: "1.2.3", Commit: "0123abc"}, append([]string{"doctor"}, append(args, s.args...)...),
		cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: s.environment()})
	return code, out.String(), errs.String()
}

func (s *situation) examine() (report, int) {
	s.t.Helper()
	code, stdout, stderr := s.run("--json")
	var found report
	if err := json.Unmarshal([]byte(stdout), &found); err != nil {
		s.t.Fatalf("%v in %s%s", err, stdout, stderr)
	}
	if found.Exit != code {
		s.t.Errorf("the exit code is %d, the report says %d", code, found.Exit)
	}
	return found, code
}

// Everything that is not well must be the one check's to tell: it names the cause,
// and what stands on it is not looked at.
func TestTheDoctorNamesTheOneCauseOfEachBrokenSituation(t *testing.T) {
	var rows strings.Builder
	for _, broken := range brokenSituations() {
		t.Run(broken.when, func(t *testing.T) {
			if broken.skip {
				t.Skip("not on this system")
			}
			s := newSituation(t)
			broken.make(s)
			found, code := s.examine()
			var cause *doctor.Finding
			for i, finding := range found.Checks {
				switch {
				case finding.State != doctor.Fault && finding.State != doctor.Warning:
				case finding.Check == broken.check && finding.State == broken.state && cause == nil:
					cause = &found.Checks[i]
				default:
					t.Errorf("besides it says %s %s: %s", finding.State, finding.Check, finding.What)
				}
			}
			if cause == nil {
				t.Fatalf("no %s of %s in %+v", broken.state, broken.check, found.Checks)
			}
			if !strings.Contains(cause.What, broken.says) && !strings.Contains(cause.Next, broken.says) {
				t.Errorf("it does not say %q: %s\n%s", broken.says, cause.What, cause.Next)
			}
			if cause.Next == "" || strings.Contains(cause.What+cause.Next, "\n") {
				t.Errorf("what to do is %q", cause.Next)
			}
			if want := map[doctor.State]int{doctor.Fault: 2, doctor.Warning: 1}[broken.state]; code != want {
				t.Errorf("the exit code is %d", code)
			}
			for _, request := range s.box.Requests() {
				if request.Method != "GET" && !strings.Contains(request.Path, "/00000000-0000-0000-0000-000000000000/projects/0/") {
					t.Errorf("it sent %s %s", request.Method, request.Path)
				}
			}
			rows.WriteString("| " + cell(broken.when) + " | " + string(broken.state) + " | `" + broken.check + "` | " + cell(s.plain(cause.What)) + " | " + cell(s.plain(cause.Next)) + " |\n")
		})
	}
	if t.Failed() {
		return
	}
	page, err := os.ReadFile("../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	head, _, found := strings.Cut(string(page), doctorTable)
	if !found {
		t.Fatalf("docs/doctor.md lacks %q", doctorTable)
	}
	keep(t, "../docs/doctor.md", head+doctorTable+rows.String())
}

const doctorTable = "| what is wrong | state | check | what it prints | what to do |\n|---|---|---|---|---|\n"

var loopbackPort = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// plain replaces what differs from run to run.
func (s *situation) plain(text string) string {
	for _, changed := range append(s.called, [2]string{os.Args[0], "posthog-org-mcp"}, [2]string{s.home, "/home/maya"}) {
		text = strings.ReplaceAll(text, changed[0], changed[1])
	}
	text = regexp.MustCompile(`(secrets/default)-\w{8}`).ReplaceAllString(text, "$1-k3vq7w2a")
	text = regexp.MustCompile(`\d{4}-\d\d-\d\d`).ReplaceAllString(text, "2026-05-01")
	return loopbackPort.ReplaceAllString(text, "127.0.0.1:8010")
}

func TestWhereAllIsWellTheDoctorSaysSo(t *testing.T) {
	s := newSituation(t)
	s.entry(os.Args[0], `"`+runsItself+`": "1", "POSTHOG_MCP_SANDBOX": "true"`)
	found, code := s.examine()
	for _, finding := range found.Checks {
		if finding.State != doctor.OK {
			t.Errorf("%s %s: %s %s", finding.State, finding.Check, finding.What, finding.Next)
		}
	}
	if code != 0 || found.Summary != "All is well." {
		t.Errorf("%d %s", code, found.Summary)
	}
	left, err := os.ReadDir(s.home)
	if err != nil || len(left) != 1 {
		t.Errorf("it leaves %v behind, %v", left, err)
	}
	code, stdout, stderr := s.run()
	if code != 0 || stderr != "" || strings.Contains(stdout, "\x1b") {
		t.Errorf("%d %q", code, stderr)
	}
	contains(t, "stdout", stdout, "ok       program ", "ok       actions ", "offers 2", "All is well.")
}

func TestToolsThatTheOperatorLeavesOutAreNoFault(t *testing.T) {
	for _, test := range []struct{ args, says string }{
		{"--tools=roles", "will work; "},
		{"--exclude-tools=whoami", "20 of 21 will work; 1 will not, because of: left out by the operator (whoami)."},
	} {
		s := newSituation(t)
		code, stdout, stderr := s.run(test.args)
		if code != 0 {
			t.Errorf("%s: %d %s%s", test.args, code, stdout, stderr)
		}
		contains(t, "stdout", stdout, test.says, "left out by the operator", "All is well.")
	}
}

func TestADoctorCanLookWithTheSettingsOfAClientsEntry(t *testing.T) {
	s := newSituation(t)
	s.entry(os.Args[0], `"`+runsItself+`": "1", "POSTHOG_HOST": "`+s.url+`", "POSTHOG_PERSONAL_API_KEY": "`+sandbox.ReadOnlyKey+`"`)
	s.environ = map[string]string{"HOME": s.home, "USERPROFILE": s.home, "POSTHOG_PERSONAL_API_KEY": "phc_of_the_shell_0123456789"}
	code, stdout, stderr := s.run("--client", "cursor")
	if code != 1 {
		t.Errorf("%d %s%s", code, stdout, stderr)
	}
	contains(t, "stdout", stdout, "missing scope organization:write")
	code, _, stderr = s.run("--client", "curser")
	if code != 2 || !strings.Contains(stderr, "Did you mean cursor?") {
		t.Errorf("%d %s", code, stderr)
	}
	if code, _, stderr = s.run("--client", "windsurf"); code != 2 || !strings.Contains(stderr, "install windsurf") {
		t.Errorf("%d %s", code, stderr)
	}
}

func TestWhatIsNotThisProgramIsNotStarted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no touch")
	}
	for _, args := range [][]string{nil, {"posthog-org-mcp"}} {
		s := newSituation(t)
		made := filepath.Join(s.home, "made")
		s.entry("/usr/bin/touch", "", append(args, made)...)
		_, stdout, _ := s.run()
		contains(t, "stdout", stdout, `it starts something else: "/usr/bin/touch". It was not started.`)
		if _, err := os.Stat(made); err == nil {
			t.Errorf("it was started with %q", args)
		}
		if _, _, stderr := s.run("--client", "cursor"); !strings.Contains(stderr, "no entry that starts this program") {
			t.Errorf("its settings are looked at: %s", stderr)
		}
	}
}

func TestAnEntryWithoutItsCommandIsWrittenAnewWithAllItsSettingsButTheKey(t *testing.T) {
	for _, test := range []struct {
		env  string
		args []string
		want string
	}{
		{"", nil, "install cursor. Clients"},
		{`"POSTHOG_HOST": "eu", "OTHER": "x"`, []string{"--read-only", "--key-file", "/home/maya/my key"}, "install cursor --read-only --host eu --key-file '/home/maya/my key'. Clients"},
		{`"POSTHOG_PERSONAL_API_KEY": "phx_CANARY0123456789abcdef"`, []string{"serve", "--tools", "roles"}, "install cursor --tools roles. With --key-in-config, and POSTHOG_PERSONAL_API_KEY as it stands there. Clients"},
		{"", []string{"--key-command", "print CANARY"}, "install cursor. With the --key-command that stands there. Clients"},
		{"", []string{"--of-tomorrow", "x"}, "install cursor, with the settings that stand in it. Clients"},
	} {
		s := newSituation(t)
		s.entry(filepath.Join(s.home, "gone", "posthog-org-mcp"), test.env, test.args...)
		_, stdout, stderr := s.run()
		contains(t, "stdout", stdout, "or write the entry anew: posthog-org-mcp "+test.want)
		if strings.Contains(stdout+stderr, "CANARY") {
			t.Errorf("a secret is shown: %s%s", stdout, stderr)
		}
	}
}

// What a report may be posted with: nothing of people, organizations and keys.
func TestABundleIsSafeToPost(t *testing.T) {
	s := newSituation(t)
	s.entry(os.Args[0], `"`+runsItself+`": "1", "POSTHOG_HOST": "https://intern.hedgebox.example", "POSTHOG_PERSONAL_API_KEY": "phc_CANARY9876543210"`)
	s.environ["POSTHOG_MCP_JOURNAL"] = filepath.Join(t.TempDir(), "maya", "journal.jsonl")
	s.environ["POSTHOG_ORGANIZATION_ID"] = sandbox.Organization
	s.environ["HTTPS_PROXY"] = "http://maya:CANARYpassword@proxy.hedgebox.example:3128"
	path := filepath.Join(t.TempDir(), "report.txt")
	_, stdout, stderr := s.run("--bundle", path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	bundle := string(data)
	for _, private := range []string{
		"CANARY", sandbox.AdminKey, "administrator_key", "Maya", "Okonkwo", sandbox.AdminEmail, "@example.com", "Hedgebox (", "hedgebox",
		sandbox.Organization, s.home, "Assistant", filepath.Dir(s.environ["POSTHOG_MCP_JOURNAL"]), "maya",
	} {
		if strings.Contains(bundle, private) {
			t.Errorf("it holds %q:\n%s", private, bundle)
		}
	}
	contains(t, "the bundle", bundle, "posthog-org-mcp 1.2.3", "0123abc", "ok       access", "fault    clients", "(owner)", "POSTHOG_PERSONAL_API_KEY", "HTTPS_PROXY")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read it: %v %v", info.Mode(), err)
	}
	if code, _, stderr := s.run("--bundle", path); code != 2 || !strings.Contains(stderr, "there already") {
		t.Errorf("a file that is there: %d %s", code, stderr)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, data) {
		t.Error("it was written over")
	}
}

func TestABundleStaysReadableWhateverAProfileIsCalled(t *testing.T) {
	for name, wants := range map[string][]string{
		"default": {"organization = @current (default)", "confirm = ask (default)", `"default"`},
		"member":  {"your level is member", "membership-add", "", "profile = (value of profile) (--profile)"},
	} {
		s := newSituation(t)
		s.signedInAs(name, sandbox.MemberKey)
		s.entry(filepath.Join(s.home, "gone", "posthog-org-mcp"), `"POSTHOG_MCP_PROFILE": "`+name+`", "POSTHOG_MCP_READ_ONLY": "true", "POSTHOG_MCP_CONFIRM": "preview"`)
		if name != "default" {
			s.args = []string{"--profile", name}
			wants[2] = "install cursor (its settings)"
		}
		path := filepath.Join(t.TempDir(), "report.txt")
		_, stdout, stderr := s.run("--bundle", path)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v: %s%s", err, stdout, stderr)
		}
		contains(t, "the bundle", string(data), wants...)
	}
}

func TestTheDoctorNeverShowsAKey(t *testing.T) {
	for _, broken := range brokenSituations() {
		if broken.skip {
			continue
		}
		s := newSituation(t)
		broken.make(s)
		s.environ["POSTHOG_MCP_TIMEOUT"] = "5s"
		if s.environ["POSTHOG_PERSONAL_API_KEY"] == sandbox.AdminKey {
			s.key(canary)
		}
		s.environ["POSTHOG_KEY"] = canary
		path := filepath.Join(t.TempDir(), "report.txt")
		for _, args := range [][]string{{"--json", "--bundle", path}, {"--log-level", "debug"}} {
			_, stdout, stderr := s.run(args...)
			written, _ := os.ReadFile(path)
			if all := stdout + stderr + string(written); strings.Contains(all, "CANARY") || strings.Contains(all, sandbox.AdminKey) {
				t.Errorf("%s: a key is shown:\n%s", broken.when, all)
			}
		}
	}
}

func TestTheDoctorEndsAtOnceWhenItIsInterrupted(t *testing.T) {
	s := newSituation(t)
	s.faults(sandbox.Faults{Next: []sandbox.Fault{{Kind: sandbox.Hang, Times: -1}}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(s.box.Requests()) == 0 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	var out, errs buffer
	code := cli.RunIn(ctx, s.world, cli.Build{}, []string{"doctor"}, cli.Streams{Out: &out, Err: &errs, Environ: []string{
		"HOME=" + s.home, "POSTHOG_HOST=" + s.url, "POSTHOG_PERSONAL_API_KEY=" + sandbox.AdminKey,
	}})
	if code != 2 || out.String() != "" || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("%d %q %q", code, out.String(), errs.String())
	}
}

func TestAReportIsBrokenAtBlanksAlone(t *testing.T) {
	const path = `"/home/maya/.local/state/posthog-org-mcp/journal.jsonl"`
	got := cli.AtBlanks("The journal "+path+" can be written.", 40)
	if want := []string{"The journal", path, "can be written."}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := cli.AtBlanks("All in one line.", 40); !slices.Equal(got, []string{"All in one line."}) {
		t.Errorf("%q", got)
	}
}

// certificate is what a host shows.
type certificate struct {
	name  string        // whose it is; "" is the loopback address
	until time.Duration // from now; 0 is a day
}

// overTLS has the sandbox answer by TLS.
func (s *situation) overTLS(shown certificate) {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	if shown.until == 0 {
		shown.until = 24 * time.Hour
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Company Root"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(shown.until),
	}
	if shown.name != "" {
		template.DNSNames = []string{shown.name}
	} else {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(s.box)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{signed}, PrivateKey: key}}}
	server.StartTLS()
	s.t.Cleanup(server.Close)
	s.environ["POSTHOG_HOST"] = server.URL
}
