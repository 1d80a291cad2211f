package conversations_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The record keeps what the conversations were when they were last written
// down: the document is made of it, and a test without the peer still knows what
// the peer costs.
const recordFile = "testdata/record.json"

type (
	record struct {
		Ours side `json:"ours"`
		Peer side `json:"peer"`
	}
	// side is one server with all tasks.
	side struct {
		Opening opening `json:"opening"`
		Talks   []talk  `json:"talks"`
	}
	// talk is one task with one server.
	talk struct {
		Task  string `json:"task"`
		Whole size   `json:"whole"` // opening included
		Calls []call `json:"calls"`
	}
	// call is an exchange, as much of it as is shown.
	call struct {
		Tool      string `json:"tool"`
		Arguments string `json:"arguments"`
		Answer    string `json:"answer"`
		Size      size   `json:"size"`
	}
)

func readRecord(t *testing.T) record {
	t.Helper()
	var kept record
	data, err := os.ReadFile(recordFile)
	if err == nil {
		err = json.Unmarshal(data, &kept)
	}
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func writeRecord(t *testing.T, kept record) {
	t.Helper()
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(kept); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordFile, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// talkOf makes of exchanges what is kept of them; the opening is not yet in it.
func talkOf(tb testing.TB, task task, said []exchange, shown int) talk {
	tb.Helper()
	made := talk{Task: task.name}
	settle := newSettler()
	for _, exchange := range said {
		kept := call{
			Tool: exchange.tool, Arguments: settle.text(exchange.arguments), Answer: shorten(settle.text(exchange.answer), shown),
			Size: sizeOf(tb, exchange.tool, exchange.arguments, exchange.answer),
		}
		made.Calls = append(made.Calls, kept)
		made.Whole = made.Whole.plus(kept.Size)
	}
	return made
}

// shorten lets a text end after so many characters, and writes white space as
// one blank.
func shorten(text string, limit int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= limit {
		return string(runes)
	}
	return string(runes[:limit]) + "…"
}

// A settler replaces what is another in each run: new ids, confirmations,
// tokens, times of the journal. The same thing gets the same words again.
type settler struct {
	words map[string]string
	ids   int
	calls int
}

func newSettler() *settler { return &settler{words: map[string]string{}} }

var (
	anyUUID      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	writeID      = regexp.MustCompile(`("id":")([0-9a-z]{10})([".])`)
	alwaysOthers = []struct {
		found *regexp.Regexp
		word  string
	}{
		{regexp.MustCompile(`"confirmation":"[^"]*"`), `"confirmation":"(confirmation)"`},
		{regexp.MustCompile(`"token_file":"[^"]*"`), `"token_file":"(a file)"`},
		{regexp.MustCompile(`"time":"[^"]*"`), `"time":"(now)"`},
		{regexp.MustCompile(`phs_…\w{4}`), `phs_…(its end)`},
		{regexp.MustCompile(`phs_\w+`), `phs_(all of it)`},
		{regexp.MustCompile(`127\.0\.0\.1:\d+`), `127.0.0.1:8010`},
	}
)

func (s *settler) text(text string) string {
	text = anyUUID.ReplaceAllStringFunc(text, func(id string) string {
		if strings.HasPrefix(id, "0190f3a2-") { // seeded
			return id
		}
		return s.word(id, "new id", &s.ids)
	})
	text = writeID.ReplaceAllStringFunc(text, func(found string) string {
		parts := writeID.FindStringSubmatch(found)
		return parts[1] + s.word(parts[2], "write", &s.calls) + parts[3]
	})
	for _, other := range alwaysOthers {
		text = other.found.ReplaceAllString(text, other.word)
	}
	return text
}

func (s *settler) word(found, kind string, count *int) string {
	if s.words[found] == "" {
		*count++
		s.words[found] = fmt.Sprintf("(%s %d)", kind, *count)
	}
	return s.words[found]
}

// tolerance is what a conversation may cost more or less than was written down,
// in percent: what is random in it takes a few tokens more or less each time.
const tolerance = 5

func (s size) near(kept size) bool {
	near := func(a, b int) bool { return max(a-b, b-a)*100 <= tolerance*b }
	return near(s.Tokens, kept.Tokens) && near(s.Bytes, kept.Bytes)
}

// steadied is a side with the numbers that were written down, where nothing is
// different but what is random: else each update would change all of them.
func (s side) steadied(kept side) side {
	if s.Opening != kept.Opening {
		return s
	}
	for i, talk := range s.Talks {
		for _, was := range kept.Talks {
			if talk.Task == was.Task && slices.EqualFunc(talk.Calls, was.Calls, sameCall) && talk.Whole.near(was.Whole) {
				s.Talks[i] = was
			}
		}
	}
	return s
}

// sameCall leaves sizes aside.
func sameCall(a, b call) bool {
	return a.Tool == b.Tool && a.Arguments == b.Arguments && a.Answer == b.Answer
}

// compare fails the test where a side is not what was written down.
func (s side) compare(t *testing.T, kept side) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Log("if that is as it should be: go test ./conversations -update")
		}
	}()
	if s.Opening.Tools != kept.Opening.Tools || !s.Opening.cost().near(kept.Opening.cost()) || !s.Opening.Sent.near(kept.Opening.Sent) {
		t.Errorf("the tool list is %+v, written down is %+v", s.Opening, kept.Opening)
	}
	if len(s.Talks) != len(kept.Talks) {
		t.Fatalf("%d tasks, %d are written down", len(s.Talks), len(kept.Talks))
	}
	for i, talk := range s.Talks {
		was := kept.Talks[i]
		if talk.Task != was.Task || len(talk.Calls) != len(was.Calls) {
			t.Errorf("%s: %d calls; written down are %d of %s", talk.Task, len(talk.Calls), len(was.Calls), was.Task)
			continue
		}
		if !talk.Whole.near(was.Whole) {
			t.Errorf("%s costs %+v, written down are %+v", talk.Task, talk.Whole, was.Whole)
		}
		for j, call := range talk.Calls {
			if !sameCall(call, was.Calls[j]) {
				t.Errorf("%s, call %d:\n%s %s\n  %s\nwritten down:\n%s %s\n  %s", talk.Task, j+1,
					call.Tool, call.Arguments, call.Answer, was.Calls[j].Tool, was.Calls[j].Arguments, was.Calls[j].Answer)
			}
		}
	}
}
