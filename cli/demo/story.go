package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// The bounds of a line of the story, and its margin.
const (
	defaultWidth = 100
	smallest     = 40
	widest       = 120
	margin       = 4
)

// story tells the day to people, step by step, as it happens.
type story struct {
	out   io.Writer
	paint palette
	width int
}

func newStory(out io.Writer, colour bool, width int) *story {
	return &story{out: out, paint: palette(colour && consoleKnowsColour()), width: min(max(cmp.Or(width, defaultWidth), smallest), widest)}
}

// consoleKnowsColour asks the table library, which prepares the console of
// Windows when the program starts, whether that worked. Other systems'
// terminals need no preparation.
func consoleKnowsColour() bool {
	return runtime.GOOS != "windows" || text.Bold.Sprint("x") != "x"
}

// palette colours text, or leaves it as it is.
type palette bool

// The colours, by what they are for; as ANSI escape codes know them.
const (
	bold  = "1"
	faint = "2"
	red   = "1;31"
	green = "32"
	blue  = "36"
	amber = "33"
)

func (p palette) as(colour, text string) string {
	if !p || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (s *story) open(server string) error {
	page := &paper{story: s}
	page.line(s.paint.as(bold, "An administrator's day"))
	page.paragraph(0, "", fmt.Sprintf("Maya looks after people and access at Hedgebox, and asks an assistant. Its tools come from the server %s, "+
		"started over stdio as desktop clients start it; PostHog is a sandbox on this machine. "+
		"After each call the demo looks at the organization itself, past the server.", server), faint)
	return page.print()
}

func (s *story) skip(told report) error {
	page := s.begin(told)
	page.call(told.tool, nil)
	page.paragraph(margin, "skipped", told.Skipped, red)
	return page.print()
}

func (s *story) ask(told report) error {
	page := s.begin(told)
	page.call(told.tool, told.Arguments)
	return page.print()
}

// begin opens the chapter, if the step does, and repeats what was asked.
func (s *story) begin(told report) *paper {
	page := &paper{story: s}
	if told.chapter != "" {
		page.line("")
		title := "── " + told.chapter + " "
		page.line(s.paint.as(bold, title+strings.Repeat("─", max(0, s.width-text.StringWidth(title)))))
	}
	if told.scene != "" {
		page.paragraph(0, "", told.scene, faint)
	}
	page.line("")
	if told.asked != "" {
		page.paragraph(0, "", "“"+told.asked+"”", bold)
	}
	return page
}

func (s *story) answer(told report) error {
	page := &paper{story: s}
	page.question(told)
	if told.Answer.isError {
		page.refusal(told.Answer)
	}
	if len(told.Answer.asked) > 0 && told.dialog == "" {
		told.show = nil // nothing was done that could be shown
	}
	for i, view := range told.show {
		if i > 0 {
			page.line("")
		}
		page.table(told.Answer.value, view)
	}
	page.checks(told.Checks, clock(told.Answer.took))
	return page.print()
}

func (s *story) close(sum totals) error {
	page := &paper{story: s}
	page.line("")
	page.line(s.paint.as(bold, strings.Repeat("─", s.width)))
	page.checks(sum.Checks, "")
	verdict, colour := "everything came out right", green
	if !sum.right() {
		verdict, colour = (&WrongError{Wrong: sum.Wrong, Steps: sum.Steps}).Error(), red
	}
	page.paragraph(0, "", fmt.Sprintf("%d calls of %d tools, %s bytes of answers, %s: %s.",
		sum.Calls, len(sum.used), thousands(sum.Bytes), clock(sum.Took), verdict), colour)
	return page.print()
}

// paper is what is printed at once.
type paper struct {
	*story
	text strings.Builder
}

func (p *paper) print() error {
	_, err := io.WriteString(p.out, p.text.String())
	return err
}

func (p *paper) line(line string) {
	p.text.WriteString(strings.TrimRight(line, " "))
	p.text.WriteByte('\n')
}

// paragraph writes text, broken into lines, beside a word in the margin.
func (p *paper) paragraph(indent int, word, body, colour string) {
	left := indent
	if word != "" {
		left += text.StringWidth(word) + 2
	}
	for i, line := range strings.Split(text.WrapSoft(printable(body), max(p.width-left, smallest/2)), "\n") {
		front := strings.Repeat(" ", left)
		if i == 0 && word != "" {
			front = strings.Repeat(" ", indent) + p.paint.as(colour, word) + "  "
		}
		line = strings.TrimRight(line, " ")
		if word == "" {
			line = p.paint.as(colour, line)
		}
		p.line(front + line)
	}
}

// call writes a tool and its arguments as name="value" pairs.
func (p *paper) call(tool string, arguments []byte) {
	words := append([]string{tool}, argumentPairs(arguments)...)
	front := "  → "
	for i, line := range strings.Split(text.WrapSoft(strings.Join(words, " "), p.width-margin-2), "\n") {
		if rest, ok := strings.CutPrefix(line, tool); ok && i == 0 {
			line = p.paint.as(blue, tool) + rest
		}
		p.line(front + line)
		front = strings.Repeat(" ", margin+2)
	}
}

// argumentPairs reads the arguments in the order in which they are sent.
func argumentPairs(arguments []byte) []string {
	decoder := json.NewDecoder(strings.NewReader(string(arguments)))
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	var pairs []string
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return pairs
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return pairs
		}
		pair := fmt.Sprintf("%s=%s", name, value)
		if name == "confirmation" {
			pair = text.Snip(pair, longestConfirmation, `…"`)
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

// longestConfirmation is how much of one is told, with its name: it says nothing
// to people.
const longestConfirmation = 24

// question writes what the admin gets to read before anything happens, and her
// word where a dialog asks for it.
func (p *paper) question(told report) {
	if len(told.Answer.asked) == 0 {
		return
	}
	word, shown := "asks Maya", 0
	if told.dialog != "" {
		word = "a dialog asks"
	}
	for _, sentence := range told.Answer.asked {
		lost, isLoss := strings.CutPrefix(sentence, dash)
		switch {
		case isLoss:
			p.paragraph(margin+2, "–", lost, amber)
			continue
		case shown > 0:
			word = ""
		}
		p.paragraph(margin, word, sentence, amber)
		shown++
	}
	if told.dialog != "" {
		p.paragraph(margin, "Maya answers", string(told.dialog), bold)
	}
}

// refusal writes an error answer as the model gets it: what is wrong, what to
// do, and what was perhaps meant.
func (p *paper) refusal(answer answer) {
	said := answer.say("error") + " " + answer.say("next_step")
	p.paragraph(margin, "refused", said, amber)
	if _, ok := at(answer.value, "candidates"); ok {
		p.table(answer.value, view{"candidates", []string{"name", "id"}})
	}
}

// checks writes the right checks into one paragraph, and each wrong one apart.
func (p *paper) checks(checks []check, took string) {
	var right, same []string
	for _, check := range checks {
		switch {
		case !check.right() || check.quiet:
		case check.same != "":
			same = append(same, check.same)
		default:
			right = append(right, check.Says)
		}
	}
	if len(same) > 0 {
		right = append([]string{"the API gives the same " + enumerated(same)}, right...)
	}
	if took != "" {
		took = " (" + took + ")"
	}
	if len(right) > 0 {
		p.paragraph(margin, "checked", strings.Join(right, "; ")+took, green)
	}
	for _, check := range checks {
		if check.right() {
			continue
		}
		p.paragraph(margin, "WRONG", check.title(), red)
		for _, side := range [][2]string{{"expected", check.Want}, {"got     ", check.Got}} {
			for i, line := range strings.Split(side[1], "\n") {
				if i > 0 {
					side[0] = strings.Repeat(" ", len(side[0]))
				}
				p.paragraph(margin+2, side[0], line, amber)
			}
		}
	}
}

// enumerated joins words as people do.
func enumerated(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// clock is how long something took, as one word.
func clock(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1fms", milliseconds(d))
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}

// thousands is a number as people like to read it.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
