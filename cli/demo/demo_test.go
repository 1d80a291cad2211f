package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/tools"
)

// played is what is left of a day.
type played struct {
	err         error
	out, stderr string
}

// play plays the day with the built server. Host is honest unless given.
func play(t *testing.T, options Options) played {
	t.Helper()
	var out, stderr bytes.Buffer
	options.Out, options.Err = &out, &stderr
	if options.Server == "" {
		options.Server = harness.Binary(t)
	}
	if options.Host == "" {
		options.Host = harness.Backend(t, sandbox.Options{}).URL
	}
	options.Environ = os.Environ()
	err := Run(t.Context(), options)
	return played{err, out.String(), stderr.String()}
}

func TestTheDayComesOutRightAndEveryLineFits(t *testing.T) {
	for _, width := range []int{40, 80, 500} {
		day := play(t, Options{Width: width})
		if day.err != nil || day.stderr != "" {
			t.Fatalf("width %d: %v\n%s\n%s", width, day.err, day.out, day.stderr)
		}
		if strings.Contains(day.out, "\x1b") {
			t.Errorf("width %d: plain text has escape codes", width)
		}
		if !strings.Contains(strings.Join(strings.Fields(day.out), " "), "everything came out right") || strings.Contains(day.out, "WRONG") {
			t.Errorf("width %d: the end is missing:\n%s", width, day.out)
		}
		most := min(width, widest)
		for line := range strings.Lines(day.out) {
			line = strings.TrimSuffix(line, "\n")
			if text.StringWidth(line) > most {
				t.Errorf("width %d: too long: %q", width, line)
			}
			if line != strings.TrimRight(line, " ") {
				t.Errorf("width %d: blanks at the end: %q", width, line)
			}
		}
		if token := wholeToken.FindString(day.out); token != "" {
			t.Errorf("width %d: a whole token is told: %s…", width, token[:6])
		}
	}
}

func TestColourChangesNothingButTheColour(t *testing.T) {
	// What differs from run to run: new ids, tokens, confirmations, ports, times,
	// and with the name of the temporary folder the size of the answers.
	varies := regexp.MustCompile(`[\d,]+ bytes|[0-9a-f]{8}-[0-9a-f-]{27,}…?|phs_…\w{4}|confirmation="\w+…|undo id="\w+|127\.0\.0\.1[:-]\d+\S*|\d[\d.]*ms`)
	plain, coloured := play(t, Options{Width: 120}), play(t, Options{Width: 120, Colour: true})
	if plain.err != nil || coloured.err != nil {
		t.Fatal(plain.err, coloured.err)
	}
	if !strings.Contains(coloured.out, "\x1b[") {
		t.Error("there is no colour")
	}
	want, got := varies.ReplaceAllString(plain.out, "#"), varies.ReplaceAllString(text.StripEscape(coloured.out), "#")
	if want != got {
		t.Errorf("plain:\n%s\ncoloured:\n%s", want, got)
	}
}

func TestTheLinesAreJSONAndAddUp(t *testing.T) {
	played := play(t, Options{JSON: true, Colour: true})
	if played.err != nil {
		t.Fatalf("%v\n%s", played.err, played.out)
	}
	rows := strings.Split(strings.TrimSuffix(played.out, "\n"), "\n")
	if want := len(day()) + 1; len(rows) != want {
		t.Fatalf("%d lines, want %d", len(rows), want)
	}
	calls, size := 0, 0
	for i, row := range rows[:len(rows)-1] {
		line := strictly[stepLine](t, row)
		if line.Step != i+1 || !line.OK || line.Asked == "" || line.Chapter == "" || len(line.Checks) < 4 ||
			len(line.Arguments) == 0 || len(line.Result) == 0 || line.Milliseconds <= 0 || line.Bytes == 0 {
			t.Errorf("line %d: %s", i+1, row)
		}
		calls++
		size += line.Bytes
	}
	sum := strictly[totalsLine](t, rows[len(rows)-1]).Totals
	if !sum.OK || sum.Steps != calls || sum.Calls != calls || sum.Wrong != 0 || sum.Bytes != size || sum.Tools != len(tools.Catalog()) || sum.Milliseconds <= 0 {
		t.Errorf("totals: %+v; counted %d calls, %d bytes", sum, calls, size)
	}
	if wholeToken.MatchString(played.out) || strings.Contains(played.out, "\x1b") {
		t.Error("the lines hold a token or an escape code")
	}
}

func strictly[T any](t *testing.T, row string) T {
	t.Helper()
	var line T
	decoder := json.NewDecoder(strings.NewReader(row))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&line); err != nil {
		t.Fatalf("%v: %s", err, row)
	}
	return line
}

// lie is an API that does not do what it says: it gets each request, and
// returns true when it has answered it.
type lie func(honest http.Handler, w http.ResponseWriter, r *http.Request) bool

func lyingHost(t *testing.T, lie lie) string {
	t.Helper()
	box := sandbox.New(sandbox.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !lie(box, w, r) {
			box.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		_ = box.Close()
	})
	return server.URL
}

// removalNotDone says that somebody left Viewers, and does nothing.
func removalNotDone(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodDelete || !strings.Contains(r.URL.Path, sandbox.RoleViewers+"/role_memberships") {
		return false
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

func fromServer(r *http.Request) bool { return strings.HasPrefix(r.UserAgent(), "posthog-org-mcp/") }

func TestWhatTheAPIOnlyClaimsIsCaught(t *testing.T) {
	for _, test := range []struct {
		name  string
		lie   lie
		wrong string // "1 of" when nothing builds on the step
		says  []string
	}{
		{
			name:  "a removal that is not done",
			lie:   removalNotDone,
			wrong: "2 of the demo's", // the evening's count tells too
			says:  []string{"WRONG  what changed in the organization", "expected  gone: Kim Nguyen in Viewers", "got       nothing changed", "expected  12, 3, 3, 4, 0, 4, 3"},
		},
		{
			name: "a deed more than was asked",
			lie: func(honest http.Handler, _ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch && strings.Contains(r.URL.Path, "/roles/") {
					extra := httptest.NewRequest(http.MethodDelete, "/api/organizations/@current/role_external_references/"+sandbox.ReferenceGitHub+"/", nil)
					extra.Header.Set("Authorization", "Bearer "+sandbox.OwnerKey)
					honest.ServeHTTP(httptest.NewRecorder(), extra)
				}
				return false
			},
			wrong: "1 of the demo's",
			says:  []string{"got       gone: link from github hedgebox/Engineering to Engineering", "role: Data (was Data & Analytics)"},
		},
		{
			name: "another rotation than the one that is told",
			lie: func(honest http.Handler, w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPatch || !strings.Contains(r.URL.Path, "rotate_secret_token") {
					return false
				}
				honest.ServeHTTP(httptest.NewRecorder(), r.Clone(r.Context())) // one rotation too many
				return false
			},
			wrong: "1 of the demo's",
			says:  []string{"expected  Hedgebox web: token no. 2, backup no. 1", "got       Hedgebox web: token no. 2, backup no. 3"},
		},
		{
			name: "a list that is not what the API says",
			lie: func(honest http.Handler, w http.ResponseWriter, r *http.Request) bool {
				if !fromServer(r) || !strings.HasSuffix(r.URL.Path, "/welcome/current/") {
					return false
				}
				page := httptest.NewRecorder()
				honest.ServeHTTP(page, r)
				_, _ = io.WriteString(w, strings.ReplaceAll(page.Body.String(), "new-checkout", "old-checkout"))
				return true
			},
			wrong: "1 of the demo's",
			says:  []string{"WRONG  activity, as the API gives it", "old-checkout", "new-checkout"},
		},
		{
			name: "a failure, and the steps that build on it",
			lie: func(_ http.Handler, w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/roles/") {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusInternalServerError)
				_, _ = io.WriteString(w, `{"type":"server_error","code":"error","detail":"A server error occurred.","attr":null}`)
				return true
			},
			says: []string{"refused  PostHog failed.", "expected  done", "got       refused, with a reason", "skipped  it builds on a step that went wrong (platform)"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			host := lyingHost(t, test.lie)
			day := play(t, Options{Host: host})
			var wrong *WrongError
			if !errors.As(day.err, &wrong) || wrong.Wrong == 0 {
				t.Fatalf("got %v, want a WrongError\n%s", day.err, day.out)
			}
			if !strings.Contains(wrong.Error(), test.wrong) {
				t.Errorf("got %q, want %q", wrong, test.wrong)
			}
			for _, says := range append(test.says, "WRONG", wrong.Error()) {
				if !strings.Contains(day.out, says) {
					t.Errorf("the story lacks %q:\n%s", says, day.out)
				}
			}
			if wholeToken.MatchString(day.out) {
				t.Error("the story holds a whole token")
			}
		})
	}
}

func TestAWrongStepIsWrongInTheLinesToo(t *testing.T) {
	day := play(t, Options{Host: lyingHost(t, removalNotDone), JSON: true})
	var wrong *WrongError
	if !errors.As(day.err, &wrong) {
		t.Fatalf("got %v\n%s", day.err, day.out)
	}
	rows := strings.Split(strings.TrimSuffix(day.out, "\n"), "\n")
	notOK := 0
	for _, row := range rows[:len(rows)-1] {
		line := strictly[stepLine](t, row)
		if line.OK {
			continue
		}
		notOK++
		for _, check := range line.Checks {
			if check.OK != (check.Expected == "" && check.Got == "") {
				t.Errorf("step %d: %+v", line.Step, check)
			}
		}
	}
	sum := strictly[totalsLine](t, rows[len(rows)-1]).Totals
	if sum.OK || sum.Wrong != wrong.Wrong || notOK != wrong.Wrong {
		t.Errorf("totals %+v, %d lines not ok, want %d", sum, notOK, wrong.Wrong)
	}
}

func TestAServerThatDoesNotStartIsExplainedInItsOwnWords(t *testing.T) {
	day := play(t, Options{Host: "http://posthog.example"}) // no https
	if day.err == nil || !strings.Contains(day.err.Error(), "the server does not answer") {
		t.Errorf("got %v", day.err)
	}
	for _, says := range []string{"on its standard error", "POSTHOG_HOST"} {
		if !strings.Contains(day.stderr, says) {
			t.Errorf("stderr lacks %q:\n%s", says, day.stderr)
		}
	}
	if wholeToken.MatchString(day.stderr) {
		t.Errorf("stderr holds a key:\n%s", day.stderr)
	}
	if day := play(t, Options{Server: t.TempDir()}); day.err == nil || !strings.Contains(day.err.Error(), "does not start") {
		t.Errorf("got %v", day.err)
	}
}

func TestAnInterruptEndsTheDayAndTheServer(t *testing.T) {
	server := harness.Binary(t)
	for name, inPost := range map[string]bool{"between calls": false, "in a call that hangs": true} {
		t.Run(name, func(t *testing.T) {
			stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{Next: []sandbox.Fault{
				{Kind: sandbox.Hang, Times: 1, Method: http.MethodPost},
			}}})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out := &interrupter{at: "A new colleague", cancel: cancel}
			if inPost {
				out.at = "not in the story"
				go cancelOncePosted(ctx, stage.Sandbox, cancel)
			}
			began := time.Now()
			// Run waits for the server's exit, so its return is the proof of it.
			err := Run(ctx, Options{Server: server, Host: stage.URL, Environ: os.Environ(), Out: out, Err: io.Discard})
			if err == nil || !strings.Contains(err.Error(), "stopped before its end") {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > longestCall {
				t.Errorf("took %s", took)
			}
			if strings.Contains(out.text.String(), "A new team") {
				t.Errorf("the day went on:\n%s", out.text.String())
			}
		})
	}
}

// interrupter is an output that cancels once it has seen a text.
type interrupter struct {
	text   strings.Builder
	at     string
	cancel context.CancelFunc
}

func (i *interrupter) Write(p []byte) (int, error) {
	i.text.Write(p)
	if strings.Contains(i.text.String(), i.at) {
		i.cancel()
	}
	return len(p), nil
}

// cancelOncePosted cancels as soon as the sandbox holds a POST request.
func cancelOncePosted(ctx context.Context, box *sandbox.Sandbox, cancel context.CancelFunc) {
	for ctx.Err() == nil {
		if slices.ContainsFunc(box.Requests(), func(r sandbox.Request) bool { return r.Method == http.MethodPost }) {
			cancel()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestEveryToolHasAPlaceInTheDay(t *testing.T) {
	used := map[string]bool{}
	for _, step := range day() {
		used[step.tool] = true
	}
	for _, tool := range tools.Catalog() {
		if !used[tool.Name] {
			t.Errorf("%s has no step in the day", tool.Name)
		}
		delete(used, tool.Name)
	}
	for name := range used {
		t.Errorf("the day calls %s, which is not in the catalog", name)
	}
}

func TestAToolWithoutAStepIsWrong(t *testing.T) {
	if check := allUsed([]string{"roles-get", "roles-list"}, day()); !check.right() {
		t.Errorf("got %+v", check)
	}
	if check := allUsed([]string{"roles-burn", "roles-list"}, day()); check.right() || check.Got != "roles-burn" {
		t.Errorf("got %+v", check)
	}
}

// previews reports whether a step only asks, through the assistant.
func previews(step step) bool { return len(step.asks) > 0 && step.dialog == "" }

func TestTheDayLeavesNothingInTheUsersHomeNorBehindIt(t *testing.T) {
	server := harness.Binary(t)
	for name, play := range map[string]func(Options) error{
		"a whole day": func(options Options) error { return Run(t.Context(), options) },
		"a day that does not begin": func(options Options) error {
			options.Host = "http://posthog.example" // no https
			return Run(t.Context(), options)
		},
	} {
		t.Run(name, func(t *testing.T) {
			home, temporary := t.TempDir(), t.TempDir()
			for _, variable := range []string{"TMPDIR", "TMP", "TEMP"} {
				t.Setenv(variable, temporary)
			}
			began := play(Options{
				Server: server, Host: harness.Backend(t, sandbox.Options{}).URL, Out: io.Discard, Err: io.Discard,
				Environ: []string{"PATH=" + os.Getenv("PATH"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "HOME=" + home, "USERPROFILE=" + home, "LOCALAPPDATA=" + home},
			})
			if (began == nil) != (name == "a whole day") {
				t.Error(began)
			}
			for what, folder := range map[string]string{"home": home, "the temporary folder": temporary} {
				left, err := os.ReadDir(folder)
				if err != nil || len(left) > 0 {
					t.Errorf("in %s are %v, %v", what, left, err)
				}
			}
		})
	}
}

func TestWhatMayaIsAskedIsToldWhole(t *testing.T) {
	day := play(t, Options{Width: 120})
	for _, says := range []string{
		"asks Maya  Take \"Ana Kovač\" <ana.kovac@example.com> out of the role \"Support\".",
		"–  1 person is then in no role at all: \"Chloé Lefèvre\" <chloe.lefevre@example.com>.",
		"a dialog asks  Delete the role \"Security\"",
		"Maya answers  no",
		"refused  The user declined.",
	} {
		if !strings.Contains(day.out, says) {
			t.Errorf("the story lacks %q:\n%s", says, day.out)
		}
	}
}

func TestEveryStepChecksWhatItClaims(t *testing.T) {
	effects := map[string]changes.Effect{}
	for _, tool := range tools.Catalog() {
		effects[tool.Name] = tool.Effect
	}
	var names []string
	for i, step := range day() {
		switch {
		case step.refused:
			if len(step.answer) == 0 || len(step.changes) > 0 {
				t.Errorf("step %d: a refusal must say something, and change nothing", i+1)
			}
		case previews(step):
			if effects[step.tool] != changes.Destroys || step.name == "" || len(step.changes) > 0 || !slices.Contains(step.answer, fact{"changed", "false"}) {
				t.Errorf("step %d, %s: a preview must be of a deed that destroys, change nothing, and have a name for the next step", i+1, step.tool)
			}
		case step.tool == "journal-list": // which is not in the API
			if len(step.answer) == 0 || len(step.changes) > 0 {
				t.Errorf("step %d: the journal must say something, and change nothing", i+1)
			}
		case effects[step.tool] == changes.Reads:
			if len(step.agrees) == 0 || len(step.changes) > 0 {
				t.Errorf("step %d, %s: a reading must agree with the API, and change nothing", i+1, step.tool)
			}
		case len(step.changes) == 0 || !slices.Contains(step.answer, fact{"changed", "true"}):
			t.Errorf("step %d, %s: a write must change something, and say so", i+1, step.tool)
		case effects[step.tool] == changes.Destroys && step.tool != "undo" && step.dialog != yes && !strings.Contains(step.with, ".preview.confirmation>"):
			t.Errorf("step %d, %s: nobody was asked", i+1, step.tool)
		}
		if (step.dialog != "") != (len(step.asks) > 0 && !previews(step)) {
			t.Errorf("step %d, %s: a dialog needs a question, and a question one who answers", i+1, step.tool)
		}
		if !step.refused && !previews(step) && len(step.show) == 0 {
			t.Errorf("step %d, %s: shows nothing", i+1, step.tool)
		}
		if step.name != "" && slices.Contains(names, step.name) {
			t.Errorf("step %d: the name %s is taken", i+1, step.name)
		}
		names = append(names, step.name)
	}
	if first := day()[0]; first.chapter == "" || first.asked == "" {
		t.Error("the day begins without a chapter or a question")
	}
}
