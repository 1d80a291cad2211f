package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

func TestAPathReachesIntoObjectsAndLists(t *testing.T) {
	value, err := decode([]byte(`{"role": {"name": "Support", "members": [{"email": "a"}, {"email": null}], "count": 12345678901234567890}, "none": []}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"role.name":            "Support",
		"role.count":           "12345678901234567890",
		"role.members.email":   "a, none",
		"role.members.0":       `{"email":"a"}`,
		"role.members.1.email": "none",
		"none":                 "none",
		"none.anything":        "none",
	} {
		if got, ok := at(value, path); !ok || say(got) != want {
			t.Errorf("%s: got %q, %v", path, say(got), ok)
		}
	}
	for _, path := range []string{"rule", "role.name.first", "role.members.phone", "role.members.2"} {
		if got, ok := at(value, path); ok {
			t.Errorf("%s: got %v", path, got)
		}
	}
}

func TestArgumentsAreFilledFromEarlierAnswers(t *testing.T) {
	earlier, err := decode([]byte(`{"role": {"id": "7-a", "level": 8}, "undo": {"arguments": {"role": "x"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	said := heard{"made": earlier}
	for _, test := range []struct{ with, after, want, missing string }{
		{with: "", want: "{}"},
		{with: `{"role": "<made.role.id>"}`, want: `{"role": "7-a"}`},
		{with: `{"level": <made.role.level>}`, want: `{"level": 8}`},
		{with: `<made.undo.arguments>`, want: `{"role":"x"}`},
		{with: `{}`, after: "made", want: "{}"},
		{with: `{}`, after: "lost", missing: "builds on a step that went wrong (lost)"},
		{with: `{"role": "<lost.role.id>"}`, missing: "builds on a step that went wrong (lost)"},
		{with: `{"role": "<made.role.nid>"}`, missing: "the answer of made has no role.nid"},
		{with: `{"role": `, missing: "not JSON"},
	} {
		got, err := said.fill(step{with: test.with, after: test.after})
		if test.missing == "" && (err != nil || string(got) != test.want) {
			t.Errorf("%s: got %s, %v", test.with, got, err)
		}
		if test.missing != "" && (err == nil || !strings.Contains(err.Error(), test.missing)) {
			t.Errorf("%s: got %s, %v", test.with, got, err)
		}
	}
}

func TestASecretInAnAnswerIsFoundAndNotRepeated(t *testing.T) {
	const token, odd = "phs_0123456789abcdefABCDEF", "an-odd-old-token-of-a-project"
	for text, right := range map[string]bool{
		`{"token": "phs_…CDEF"}`:         true,
		`{"token": "` + token + `"}`:     false,
		`{"token": "` + odd + `"}`:       false,
		`{"key": "phx_0123456789abcd"}`:  false,
		`{"token": "phc_0123456789abc"}`: true, // the public one
	} {
		check := secretFree(text, []string{odd})
		if check.right() != right {
			t.Errorf("%s: %+v", text, check)
		}
		if strings.Contains(check.Got, token) || strings.Contains(check.Got, odd) {
			t.Errorf("%s: the check repeats it: %s", text, check.Got)
		}
	}
}

func TestADialogAnswersWithMayasWordAndKeepsTheQuestion(t *testing.T) {
	shown := &dialog{}
	for word, want := range map[word]mcp.ElicitationResponse{
		yes: {Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"confirm": true}},
		no:  {Action: mcp.ElicitationResponseActionDecline},
	} {
		shown.expect(word)
		request := mcp.ElicitationRequest{Params: mcp.ElicitationParams{Message: "Delete the role.\nWhat this does:\n- Nobody is in it."}}
		for range 2 {
			result, err := shown.Elicit(t.Context(), request)
			if err != nil || !reflect.DeepEqual(result.ElicitationResponse, want) {
				t.Errorf("%s: got %+v, %v", word, result, err)
			}
		}
		once := []string{"Delete the role.", "- Nobody is in it."}
		if got := shown.shown(); !slices.Equal(got, slices.Concat(once, once)) {
			t.Errorf("%s: got %q", word, got)
		}
	}
}

func TestAPreviewIsReadAsAQuestion(t *testing.T) {
	answer, err := decode([]byte(`{"preview": {"would_do": ["Delete it."], "where": "Here.", "would_lose": ["Ana.", "Raj."]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := previewed(answer), []string{"Delete it.", "Here.", "- Ana.", "- Raj."}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := previewed(map[string]any{"changed": true}); got != nil {
		t.Errorf("without a preview: %q", got)
	}
}

func TestMayaIsAskedNeitherTooMuchNorTooLittle(t *testing.T) {
	for _, test := range []struct {
		want, got []string
		right     bool
	}{
		{nil, nil, true},
		{nil, []string{"Delete it."}, false},
		{[]string{"Delete it."}, nil, false},
		{[]string{"Delete it.", "Here.", "- Ana."}, []string{"Delete it.", "Here.", "- Ana."}, true},
		{[]string{"Delete it."}, []string{"Delete it.", "Delete it."}, false},
	} {
		if check := asked(test.want, test.got); check.right() != test.right {
			t.Errorf("%q, %q: %+v", test.want, test.got, check)
		}
	}
}

func TestAFileThatHoldsAnotherTokenIsFoundAndNotRepeated(t *testing.T) {
	const token, other = "phs_0123456789abcdefABCD", "phs_aaaaaaaaaaaaaaaaABCD" // masked, they look the same
	path := filepath.Join(t.TempDir(), "token")
	for held, right := range map[string]bool{token + "\n": true, other: false, "": false} {
		if err := os.WriteFile(path, []byte(held), 0o600); err != nil {
			t.Fatal(err)
		}
		want, got := inFile(token, path)
		if (want == got) != right || strings.Contains(want+got, token) || strings.Contains(want+got, other) {
			t.Errorf("%q: want %q, got %q", held, want, got)
		}
	}
	if want, got := inFile(token, filepath.Join(t.TempDir(), "none")); want == got {
		t.Errorf("without a file: %q", got)
	}
}

func TestAConfirmationIsToldShortAndAFileByItsName(t *testing.T) {
	long := strings.Repeat("x", 64)
	pairs := argumentPairs([]byte(`{"role": "Support", "confirmation": "` + long + `"}`))
	if !slices.Equal(pairs, []string{`role="Support"`, `confirmation="xxxxxxxx…"`}) {
		t.Errorf("got %q", pairs)
	}
	if got := cell(filepath.Join(t.TempDir(), "web.secret")); got != "…/web.secret" {
		t.Errorf("got %q", got)
	}
}

func TestWordsAreEnumeratedAsPeopleDo(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := enumerated(words); got != want {
			t.Errorf("%q: got %q", words, got)
		}
	}
}

func TestTwoSnapshotsDifferByWhatIsNewGoneOrAltered(t *testing.T) {
	before := snapshot{things: map[string]thing{
		"1": {"role A", "role", "A"}, "2": {"Ana in A", "membership", "x"}, "3": {"project Web", "Web", "token no. 1"},
	}}
	after := snapshot{things: map[string]thing{
		"1": {"role B", "role", "B"}, "3": {"project Web", "Web", "token no. 2"}, "4": {"Raj in B", "membership", "y"},
	}}
	want := []string{"Web: token no. 2 (was token no. 1)", "gone: Ana in A", "new: Raj in B", "role: B (was A)"}
	if got := before.diff(after); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := before.diff(before); len(got) != 0 {
		t.Errorf("nothing changed, got %q", got)
	}
}

func TestChangesAreToldInShort(t *testing.T) {
	got := inShort([]string{"gone: role A", "gone: Ana in A", "new: role B", "new: Ana in B", "role: C (was D)"})
	if want := "gone: role A, Ana in A; new: role B, Ana in B; role: C (was D)"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestATableIsCutWhereItsCellsAreWidest(t *testing.T) {
	var out bytes.Buffer
	page := &paper{story: newStory(&out, false, 40)}
	page.table(map[string]any{"rows": []any{
		map[string]any{"name": "张伟 Zhang", "what": strings.Repeat("long ", 20), "n": "7"},
		map[string]any{"name": "Ana\x1b[31m\n", "what": "short", "n": "12"},
	}}, view{"rows", []string{"name", "what:the text", "n"}})
	want := "" +
		"      NAME        THE TEXT             N\n" +
		"      张伟 Zhang  long long long lo…   7\n" +
		"      Ana [31m    short               12\n"
	if got := page.text.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestLongListsAreCutAndSayByHowMuch(t *testing.T) {
	var out bytes.Buffer
	page := &paper{story: newStory(&out, false, 80)}
	rows := make([]any, mostRows+3)
	for i := range rows {
		rows[i] = map[string]any{"id": "x"}
	}
	page.table(rows, view{"", []string{"id"}})
	if got := page.text.String(); strings.Count(got, "\n") != mostRows+2 || !strings.Contains(got, "… and 3 more") {
		t.Errorf("got:\n%s", got)
	}
}
