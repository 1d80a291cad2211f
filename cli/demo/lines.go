package demo

import (
	"encoding/json"
	"io"
	"time"

	"posthog-org-mcp/redact"
)

// A teller makes of the day what somebody reads. Its errors are those of the
// output.
type teller interface {
	// open begins; server is what the server calls itself.
	open(server string) error
	// skip tells of a step that is left out.
	skip(report) error
	// ask tells of a call that is about to be made.
	ask(report) error
	// answer tells what came of it.
	answer(report) error
	// close tells the totals.
	close(totals) error
}

func newTeller(options Options) teller {
	out := masked{out: options.Out, redactor: redact.New()}
	if options.JSON {
		return &lines{out: out}
	}
	return newStory(out, options.Colour, options.Width)
}

// masked is an output through which no secret gets. Each write must hold whole
// lines.
type masked struct {
	out      io.Writer
	redactor *redact.Redactor
}

func (m masked) Write(p []byte) (int, error) {
	if _, err := io.WriteString(m.out, m.redactor.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// lines tells the day as one JSON object a step, and one for the totals.
type lines struct {
	out     io.Writer
	chapter string
	asked   string
}

type checkLine struct {
	Says     string `json:"says"`
	OK       bool   `json:"ok"`
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
}

type stepLine struct {
	Step         int             `json:"step"`
	Chapter      string          `json:"chapter"`
	Asked        string          `json:"asked"`
	Tool         string          `json:"tool"`
	Arguments    json.RawMessage `json:"arguments,omitempty"`
	OK           bool            `json:"ok"`
	Skipped      string          `json:"skipped,omitempty"`
	Questions    []string        `json:"questions,omitempty"`
	Answered     word            `json:"answered,omitempty"`
	Checks       []checkLine     `json:"checks"`
	IsError      bool            `json:"is_error"`
	Result       json.RawMessage `json:"result,omitempty"`
	Milliseconds float64         `json:"milliseconds"`
	Bytes        int             `json:"bytes"`
}

type totalsLine struct {
	Totals struct {
		OK           bool        `json:"ok"`
		Steps        int         `json:"steps"`
		Wrong        int         `json:"wrong"`
		Calls        int         `json:"calls"`
		Tools        int         `json:"tools"`
		Checks       []checkLine `json:"checks"`
		Bytes        int         `json:"bytes"`
		Milliseconds float64     `json:"milliseconds"`
	} `json:"totals"`
}

func (l *lines) open(string) error { return nil }

func (l *lines) ask(report) error { return nil }

func (l *lines) skip(told report) error { return l.answer(told) }

func (l *lines) answer(told report) error {
	if told.chapter != "" {
		l.chapter = told.chapter
	}
	if told.asked != "" {
		l.asked = told.asked
	}
	return l.write(stepLine{
		Step: told.Number, Chapter: l.chapter, Asked: l.asked, Tool: told.tool, Arguments: told.Arguments,
		OK: told.right(), Skipped: told.Skipped,
		Questions: told.Answer.asked, Answered: told.dialog, Checks: checkLines(told.Checks),
		IsError: told.Answer.isError, Result: json.RawMessage(told.Answer.text),
		Milliseconds: milliseconds(told.Answer.took), Bytes: told.Answer.bytes(),
	})
}

func (l *lines) close(sum totals) error {
	var line totalsLine
	line.Totals.OK, line.Totals.Steps, line.Totals.Wrong = sum.right(), sum.Steps, sum.Wrong
	line.Totals.Calls, line.Totals.Tools, line.Totals.Bytes = sum.Calls, len(sum.used), sum.Bytes
	line.Totals.Checks, line.Totals.Milliseconds = checkLines(sum.Checks), milliseconds(sum.Took)
	return l.write(line)
}

func (l *lines) write(line any) error {
	encoder := json.NewEncoder(l.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(line)
}

// checkLines words checks; what was expected and seen is there when they differ.
func checkLines(checks []check) []checkLine {
	list := make([]checkLine, len(checks))
	for i, check := range checks {
		list[i] = checkLine{Says: check.title(), OK: check.right()}
		if !check.right() {
			list[i].Expected, list[i].Got = check.Want, check.Got
		}
	}
	return list
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
