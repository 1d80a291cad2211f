package tools_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/tokens"
	"posthog-org-mcp/tools"
)

// maxErrorTokens is what an answer about a failure may cost.
const maxErrorTokens = 150

// errorCase is one way to fail: a call that meets the error, or else the error.
type errorCase struct {
	row  string // of the table of failures
	when string // in words, for the documentation

	key             string // empty is the administrator's
	faults          sandbox.Faults
	tool, arguments string
	confirm         changes.Mode
	answer          changes.Answer               // of the person who is asked
	prepare         func(t *testing.T, s *stage) // before the call
	err             error                        // where no call is sure to meet it
	isLong          bool                         // lists changes, and may be longer than others
}

// provoke fails in the way of a case, and returns the answer as it is compared:
// without what differs from run to run.
func (c errorCase) provoke(t *testing.T) string {
	t.Helper()
	key := c.key
	if key == "" {
		key = sandbox.AdminKey
	}
	mode := changes.Never
	if c.answer != changes.NoAnswer || c.confirm != changes.Ask {
		mode = c.confirm
	}
	s := newAskingStage(t, key, mode)
	if c.prepare != nil {
		c.prepare(t, &s)
	}
	tool := find(t, c.tool)
	var answer tools.Answer
	if c.err != nil {
		if got := tools.FailureOf(c.err); got != c.row {
			t.Errorf("the error is explained by the row %q", got)
		}
		answer = tool.Fail(t.Context(), s.environment, c.err)
	} else {
		s.sandbox.SetFaults(c.faults)
		arguments := c.arguments
		if arguments == "" {
			arguments = `{}`
		}
		request := tools.Request{Arguments: json.RawMessage(arguments)}
		if c.answer != changes.NoAnswer {
			request.Consent.Ask = func(context.Context, changes.Question) changes.Answer { return c.answer }
		}
		answer = tool.Call(t.Context(), s.environment, request)
	}
	if !answer.IsError {
		t.Fatalf("it succeeded: %s", answer.JSON)
	}
	text := strings.ReplaceAll(string(answer.JSON), strings.TrimSuffix(s.environment.Reader.WebURL(), "/"), "https://us.posthog.com")
	for _, varies := range []struct{ shape, stands string }{
		{`"request_id":"[^"]*"`, `"request_id":"5c1d8a94-70c5-4f0e-9d0e-3b5f2f7f1c52"`},
		{`"id":"[0-9a-f]{8}-[0-9a-f]{4}-4[^"]*"`, `"id":"8c0d8a94-70c5-4f0e-9d0e-3b5f2f7f1c52"`}, // made by the sandbox
		{`until \d\d:\d\d:\d\d UTC`, `until 12:00:00 UTC`},
		{`"undo":\{"tool":"undo","arguments":\{"id":"\w+"\}\}`, `"undo":{"tool":"undo","arguments":{"id":"k3f9q2m7ab"}}`},
	} {
		text = regexp.MustCompile(varies.shape).ReplaceAllString(text, varies.stands)
	}
	return text
}

// TestErrorsSayTheirCauseAndTheNextStepWordForWord holds every error's answer
// against testdata/errors.txt, and docs/errors.md against the answers. With
// -update it writes both anew.
func TestErrorsSayTheirCauseAndTheNextStepWordForWord(t *testing.T) {
	var kept, document strings.Builder
	wanted := readErrors(t)
	document.WriteString(errorsHead)
	for _, chapter := range errorChapters() {
		document.WriteString("\n## " + chapter.title + "\n\n| when | `error` | `next_step` | tokens |\n|---|---|---|---|\n")
		for _, c := range chapter.cases {
			t.Run(c.when, func(t *testing.T) {
				got := c.provoke(t)
				cost, err := tokens.Count(got)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%4d tokens (roughly %d): %s", cost, tools.RoughTokens(got), got)
				if cost > maxErrorTokens && !c.isLong {
					t.Errorf("the answer takes %d tokens, more than %d", cost, maxErrorTokens)
				}
				if want := wanted[c.when]; got != want && !*update {
					t.Errorf("got  %s\nwant %s", got, want)
				}
				kept.WriteString(c.row + " | " + c.when + "\n" + got + "\n\n")
				document.WriteString(errorRow(t, c, got, cost))
			})
		}
	}
	if t.Failed() {
		return
	}
	document.WriteString(unknownTools())
	keep(t, filepath.Join("testdata", "errors.txt"), kept.String())
	keep(t, filepath.Join("..", "docs", "errors.md"), document.String())
}

func TestEveryRowOfTheTableOfErrorsIsTested(t *testing.T) {
	names := tools.FailureNames()
	for _, name := range names {
		if !slices.ContainsFunc(errorCases(), func(c errorCase) bool { return c.row == name }) {
			t.Errorf("the row %q is not tested", name)
		}
	}
	for i, c := range errorCases() {
		if !slices.Contains(names, c.row) {
			t.Errorf("%s: there is no row %q", c.when, c.row)
		}
		if slices.ContainsFunc(errorCases()[:i], func(other errorCase) bool { return other.when == c.when }) {
			t.Errorf("%s: there are two", c.when)
		}
	}
}

// keep holds a file against what it is to be, or writes it.
func keep(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	is, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(is), "\r\n", "\n") != want {
		t.Errorf("%s is out of date; `go test ./tools -run Errors -update` writes it anew", path)
	}
}

// readErrors reads the answers that were kept, by when they are given.
func readErrors(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "errors.txt"))
	if errors.Is(err, fs.ErrNotExist) && *update {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for part := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n\n") {
		head, answer, _ := strings.Cut(part, "\n")
		_, when, _ := strings.Cut(head, " | ")
		answers[when] = answer
	}
	return answers
}
