package demo

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"posthog-org-mcp/redact"
)

// A check is one thing that must be so. It is right when Got equals Want.
type check struct {
	// Says is the check in words when it is right, About when it is wrong;
	// empty is the same as Says.
	Says, About string
	Want, Got   string
	// quiet checks are told only when they are wrong.
	quiet bool
	// same is what an agreement is about; the story tells all of a step's at once.
	same string
}

func (c check) right() bool { return c.Want == c.Got }

func (c check) title() string {
	if c.right() {
		return c.Says
	}
	return cmp.Or(c.About, c.Says)
}

// report is all that there is to tell about a step.
type report struct {
	step
	Number    int
	Arguments []byte
	Answer    answer
	Checks    []check
	// Skipped says why the step was left out; empty when it was played.
	Skipped string
}

func (r report) right() bool { return r.Skipped == "" && allRight(r.Checks) }

func allRight(checks []check) bool {
	for _, check := range checks {
		if !check.right() {
			return false
		}
	}
	return true
}

// check compares an answer with what the step expects of it, and with what
// the API says itself.
func (p *player) check(ctx context.Context, step step, answer answer) []check {
	checks := []check{
		{Says: "answered as it should", About: "the outcome", Want: outcome(step.refused), Got: outcome(answer.isError), quiet: true},
		{Says: "the structured answer says the same as the text", About: "the structured answer, beside the text", Want: answer.structuredWanted(), Got: answer.structured, quiet: true},
		secretFree(answer.text, p.before.secrets),
	}
	if step.refused != answer.isError {
		return checks // all else would only repeat it
	}
	checks = append(checks, asked(step.asks, answer.asked))
	for _, fact := range step.answer {
		checks = append(checks, check{Says: "the answer's " + fact.path, Want: fact.want, Got: answer.say(fact.path), quiet: true})
	}
	for _, agreement := range step.agrees {
		checks = append(checks, p.agree(ctx, agreement, answer))
	}
	return checks
}

// asked checks that the admin had the whole say beforehand, or was left in peace.
func asked(want, got []string) check {
	result := check{Says: "Maya is asked first", About: "what Maya is asked", Want: "nothing", Got: "nothing", quiet: len(want) == 0}
	if len(want) > 0 {
		result.Want = strings.Join(want, "\n")
	}
	if len(got) > 0 {
		result.Got = strings.Join(got, "\n")
	}
	return result
}

func outcome(refused bool) string {
	if refused {
		return "refused, with a reason"
	}
	return "done"
}

// agree reads the API and compares.
func (p *player) agree(ctx context.Context, agreement agreement, answer answer) check {
	result := check{
		Says: "the API gives the same " + agreement.what, About: agreement.what + ", as the API gives it",
		Got: answer.say(agreement.path), same: agreement.what,
	}
	address, err := heard{"answer": answer.value}.replace(agreement.get)
	if err != nil {
		result.Want = "an answer to compare with the API: " + err.Error()
		return result
	}
	page, err := p.witness.get(ctx, serverKey, address)
	if err != nil {
		result.Want = "an answer of the API to compare with: " + err.Error()
		return result
	}
	value, ok := at(page, agreement.at)
	if !ok {
		result.Want = "an answer of the API with " + agreement.at
		return result
	}
	result.Want = say(value)
	switch {
	case agreement.file:
		result.Want, result.Got = inFile(result.Want, result.Got)
	case agreement.masked:
		result.Want = redact.Mask(result.Want)
	}
	return result
}

// inFile compares a secret with what a file holds, and shows neither.
func inFile(secret, path string) (want, got string) {
	want = redact.Mask(secret)
	held, err := os.ReadFile(path)
	switch text := strings.TrimSpace(string(held)); {
	case err != nil:
		got = "no file to read: " + err.Error()
	case text != secret:
		got = "something else, " + redact.Mask(text)
	default:
		got = want
	}
	return want, got
}

// wholeToken is any PostHog secret that could be used.
var wholeToken = regexp.MustCompile(`ph[xars]_[A-Za-z0-9_-]{8,}`)

// secretFree checks that an answer holds no secret, known or of a secret's
// shape. It is worth a word only where masked tokens are about.
func secretFree(text string, known []string) check {
	result := check{
		Says: "no whole phs_ token in the answer", About: "secrets in the answer", Want: "no whole token", Got: "no whole token",
		quiet: !strings.Contains(text, "phs_"),
	}
	found := wholeToken.FindString(text)
	for _, secret := range known {
		if strings.Contains(text, secret) {
			found = secret
		}
	}
	if found != "" {
		result.Got = "a whole token, " + redact.Mask(found)
	}
	return result
}

// changed checks that the organization differs as it should, and in nothing else.
func changed(want, got []string) check {
	result := check{Says: "nothing changed", About: "what changed in the organization", Want: "nothing changed", Got: "nothing changed"}
	if len(want) > 0 {
		result.Want = strings.Join(slices.Sorted(slices.Values(want)), "\n")
		result.Says = inShort(want) + "; nothing else changed"
	}
	if len(got) > 0 {
		result.Got = strings.Join(got, "\n")
	}
	return result
}

// inShort says "new:" and "gone:" once for all that follows.
func inShort(changes []string) string {
	var short strings.Builder
	before := ""
	for i, change := range changes {
		kind, rest, _ := strings.Cut(change, ": ")
		switch {
		case i == 0:
			short.WriteString(change)
		case kind == before:
			short.WriteString(", " + rest)
		default:
			short.WriteString("; " + change)
		}
		before = kind
	}
	return short.String()
}

// totals are the sums of the day.
type totals struct {
	Steps, Wrong, Calls, Bytes int
	Took                       time.Duration
	Checks                     []check
	used                       map[string]bool
}

func (t *totals) add(tool string, answer answer) {
	if t.used == nil {
		t.used = map[string]bool{}
	}
	t.used[tool] = true
	t.Calls++
	t.Bytes += answer.bytes()
}

func (t *totals) right() bool { return t.Wrong == 0 && allRight(t.Checks) }

func exitOf(err error) string {
	if err == nil {
		return "exit code 0"
	}
	return fmt.Sprintf("%v", err)
}

// allUsed checks that every tool that the server offers has a step.
func allUsed(offered []string, day []step) check {
	result := check{
		Says: fmt.Sprintf("all %d tools were used", len(offered)), About: "tools without a step",
		Want: "none", Got: "none",
	}
	var unused []string
	for _, tool := range offered {
		if !slices.ContainsFunc(day, func(s step) bool { return s.tool == tool }) {
			unused = append(unused, tool)
		}
	}
	if len(unused) > 0 {
		result.Got = strings.Join(unused, ", ")
	}
	return result
}
