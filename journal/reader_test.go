package journal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/journal"
)

func TestEntriesAreChosenByTheirIntents(t *testing.T) {
	j, _ := open(t, journal.Options{})
	noon := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for i, intent := range []journal.Intent{
		{ID: "a.1", Tool: "roles-create", Organization: journal.Organization{ID: "o1", Name: "Hedgehogs"}},
		{ID: "b.1", Tool: "membership-add", People: []string{"Ana.Silva@Example.com", "raj@example.com"}},
		{ID: "c.1", Tool: "membership-add", People: []string{"kim@example.com"}, Undoes: "b.1"},
	} {
		intent.Time = noon.Add(time.Duration(i) * time.Hour)
		must(t, j.Record(t.Context(), intent, journal.Outcome{State: journal.Done}))
	}
	for name, test := range map[string]struct {
		filter journal.Filter
		want   []string
	}{
		"all":                     {journal.Filter{}, []string{"c.1", "b.1", "a.1"}},
		"since":                   {journal.Filter{Since: noon.Add(time.Hour)}, []string{"c.1", "b.1"}},
		"since later":             {journal.Filter{Since: noon.Add(3 * time.Hour)}, []string{}},
		"tool":                    {journal.Filter{Tool: "membership-add"}, []string{"c.1", "b.1"}},
		"part of a tool":          {journal.Filter{Tool: "membership"}, []string{}},
		"member in any case":      {journal.Filter{Member: "ana.SILVA"}, []string{"b.1"}},
		"second member":           {journal.Filter{Member: "raj"}, []string{"b.1"}},
		"organization by id":      {journal.Filter{Organization: "o1"}, []string{"a.1"}},
		"organization by name":    {journal.Filter{Organization: "hedgehogs"}, []string{"a.1"}},
		"what takes a write back": {journal.Filter{Undoes: "b.1"}, []string{"c.1"}},
		"two at once":             {journal.Filter{Tool: "membership-add", Member: "@example.com", Since: noon.Add(2 * time.Hour)}, []string{"c.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, ids(entries(t, j.Reader(), test.filter)), test.want)
		})
	}
}

func TestACallIsFoundInOrderAndAWriteAlone(t *testing.T) {
	j, path := open(t, journal.Options{})
	for _, id := range []string{"a.1", "b.1", "a.2", "a.3"} {
		must(t, j.Begin(t.Context(), intent(id)))
	}
	for id, want := range map[string][]string{"a": {"a.1", "a.2", "a.3"}, "a.2": {"a.2"}, "b": {"b.1"}} {
		found, err := j.Reader().Find(t.Context(), id)
		must(t, err)
		same(t, ids(found), want)
	}
	_, err := j.Reader().Find(t.Context(), "zz")
	if !errors.Is(err, journal.ErrNotFound) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `"zz"`) {
		t.Errorf("the error is %v", err)
	}
}

func TestTheLastOutcomeCounts(t *testing.T) {
	j, _ := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	must(t, j.End(t.Context(), journal.Outcome{ID: "a.1", State: journal.Unknown}))
	must(t, j.End(t.Context(), done("a.1")))
	same(t, entries(t, j.Reader(), journal.Filter{})[0].Outcome.State, journal.Done)
}

func TestAnEntryAsJSONIsItsIntentWithTheOutcomeInside(t *testing.T) {
	open, err := json.Marshal(journal.Entry{Intent: intent("a.1"), Session: "0000000000"})
	must(t, err)
	same(t, string(open), `{"id":"a.1","call":"a","time":"0001-01-01T00:00:00Z","tool":"roles-delete","summary":"delete role \"Support\"","session":"0000000000"}`)
	ended, err := json.Marshal(journal.Entry{Intent: intent("a.1"), Outcome: done("a.1")})
	must(t, err)
	if !strings.HasSuffix(string(ended), `"outcome":{"id":"a.1","time":"0001-01-01T00:00:00Z","state":"done"}}`) {
		t.Errorf("the entry is %s", ended)
	}
}

// damage is what may stand between two good lines.
func damage() map[string]string {
	return map[string]string{
		"half a line":           `{"v":1,"session":"0000000000","intent":{"id":"b`,
		"not JSON":              "hello",
		"another kind of JSON":  `[1,2]`,
		"null":                  `null`,
		"another version":       `{"v":2,"session":"0000000000","intent":{"id":"b.1"}}`,
		"neither":               `{"v":1,"session":"0000000000"}`,
		"no id":                 `{"v":1,"session":"0000000000","intent":{}}`,
		"no state":              `{"v":1,"session":"0000000000","outcome":{"id":"a.1"}}`,
		"no session":            `{"v":1,"intent":{"id":"b.1"}}`,
		"two ids":               `{"v":1,"session":"0000000000","intent":{"id":"b.1"},"outcome":{"id":"c.1","state":"done"}}`,
		"a wrong type":          `{"v":1,"session":"0000000000","intent":{"id":7}}`,
		"zeros":                 strings.Repeat("\x00", 100),
		"deep":                  strings.Repeat("[", 100_000),
		"longer than a chunk":   strings.Repeat("x", 200_000),
		"longer than a line":    strings.Repeat("x", journal.MaxLine+1),
		"far longer":            `{"v":1,"x":"` + strings.Repeat("x", 3*journal.MaxLine) + `"}`,
		"a carriage return":     "\r",
		"text that is not UTF8": "\xff\xfe",
	}
}

func TestDamagedLinesArePassedOverAndCounted(t *testing.T) {
	for name, line := range damage() {
		t.Run(name, func(t *testing.T) {
			j, path := open(t, journal.Options{})
			must(t, j.Begin(t.Context(), intent("a.1")))
			appendTo(t, path, line+"\n")
			must(t, j.End(t.Context(), done("a.1")))
			must(t, j.Begin(t.Context(), intent("a.2")))
			reader := j.Reader()
			all := entries(t, reader, journal.Filter{})
			same(t, ids(all), []string{"a.2", "a.1"})
			same(t, all[1].Outcome.State, journal.Done)
			same(t, reader.Skipped(), 1)
		})
	}
}

func TestLinesOfAnyLengthAreReadAcrossChunks(t *testing.T) {
	j, path := open(t, journal.Options{MaxSize: 1 << 30})
	var want []string
	for i, length := range []int{1, 60_000, 65_000, 65_536, 65_537, 131_072, 1_000_000, 3} {
		i := intent(fmt.Sprintf("a.%d", i))
		i.Summary = strings.Repeat("y", length)
		must(t, j.Begin(t.Context(), i))
		want = append([]string{i.ID}, want...)
	}
	// The longest line that a journal writes is read, and one byte more is not written.
	last := intent("z.1")
	last.Time = time.Date(2026, 11, 28, 3, 17, 14, 0, time.UTC)
	before := len(read(t, path))
	must(t, j.Begin(t.Context(), last))
	short := len(read(t, path)) - before - len("\n")
	last.ID, last.Summary = "z.2", last.Summary+strings.Repeat("y", journal.MaxLine-1-short)
	must(t, j.Begin(t.Context(), last))
	last.Summary += "y"
	if err := j.Begin(t.Context(), last); !errors.Is(err, journal.ErrUnwritable) {
		t.Errorf("the error is %v", err)
	}
	reader := j.Reader()
	same(t, ids(entries(t, reader, journal.Filter{})), append([]string{"z.2", "z.1"}, want...))
	same(t, reader.Skipped(), 0)
}

func TestEmptyFilesAndLinesAreNothing(t *testing.T) {
	for _, content := range []string{"", "\n", "\n\n\n"} {
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		must(t, os.WriteFile(path, []byte(content), 0o600))
		reader := journal.NewReader(path)
		same(t, ids(entries(t, reader, journal.Filter{})), []string{})
		same(t, reader.Skipped(), 0)
	}
}

func TestReadingEndsWithTheContextOrWhenTheCallerHasEnough(t *testing.T) {
	j, _ := open(t, journal.Options{})
	for _, id := range []string{"a.1", "a.2", "a.3"} {
		must(t, j.Begin(t.Context(), intent(id)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	var last error
	for entry, err := range j.Reader().Entries(ctx, journal.Filter{}) {
		if last = err; err != nil {
			break
		}
		got = append(got, entry.ID)
		cancel()
	}
	same(t, got, []string{"a.3"})
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the error is %v", last)
	}
	for range j.Reader().Entries(t.Context(), journal.Filter{}) {
		break
	}
}

func TestTheZeroReaderHasAnEmptyJournal(t *testing.T) {
	var reader journal.Reader
	same(t, ids(entries(t, reader, journal.Filter{})), []string{})
	same(t, reader.Skipped(), 0)
	if _, err := reader.Find(t.Context(), "a.1"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("Find: %v", err)
	}
}

func TestWhatIsNoFileCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	for _, err := range journal.NewReader(folder).Entries(t.Context(), journal.Filter{}) {
		if err == nil || !strings.Contains(err.Error(), folder) {
			t.Errorf("the error is %v", err)
		}
	}
	if _, err := journal.NewReader(folder).Find(t.Context(), "a.1"); err == nil || errors.Is(err, journal.ErrNotFound) {
		t.Errorf("Find: %v", err)
	}
}

func TestAHundredThousandEntriesAreListed(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Record(t.Context(), journal.Intent{ID: "a.1"}, done("a.1")))
	line := read(t, path)
	const files = 10
	each := 10_000
	if raced {
		each = 1000 // The race detector makes it slow, and finds nothing here.
	}
	var content bytes.Buffer
	for file := range files {
		content.Reset()
		for i := range each {
			content.WriteString(strings.ReplaceAll(line, `"a.1"`, fmt.Sprintf(`"a.%d"`, file*each+i)))
		}
		name := path
		if file < files-1 {
			name = filepath.Join(filepath.Dir(path), fmt.Sprintf("journal-2026010%dT000000Z.jsonl", file+1))
		}
		must(t, os.WriteFile(name, content.Bytes(), 0o600))
	}
	next := files * each
	for entry, err := range j.Reader().Entries(t.Context(), journal.Filter{}) {
		must(t, err)
		next--
		if want := fmt.Sprintf("a.%d", next); entry.ID != want || entry.Open() {
			t.Fatalf("%s comes where %s should, open: %v", entry.ID, want, entry.Open())
		}
	}
	same(t, next, 0)
}

// seed adds a good journal, and damaged ones.
func seed(f *testing.F) {
	good := `{"v":1,"session":"0000000000","intent":{"id":"a.1","call":"a","time":"2026-11-28T03:17:14Z","people":["x"]}}` + "\n" +
		`{"v":1,"session":"0000000000","outcome":{"id":"a.1","time":"2026-11-28T03:17:15Z","state":"done"}}` + "\n"
	f.Add([]byte(good))
	f.Add([]byte(good[:len(good)-1]))
	f.Add([]byte("\n\n"))
	for _, line := range damage() {
		if len(line) < 1000 {
			f.Add([]byte(good + line))
			f.Add([]byte(line + "\n" + good))
		}
	}
}

// sameLines holds both ways of reading to one that knows no bounds.
func sameLines(t *testing.T, content []byte) {
	t.Helper()
	want := bytes.Split(append([]byte{}, content...), []byte("\n"))
	for i, line := range want {
		if len(line) > journal.MaxLine {
			want[i] = nil
		}
	}
	for way, got := range map[string][][]byte{
		"from the start": journal.LinesFromTheStart(content), "from the end": journal.LinesFromTheEnd(content),
	} {
		if len(content) == 0 && len(got) == 0 {
			continue
		}
		if !slices.EqualFunc(got, want, func(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }) {
			t.Errorf("%s there are %d lines, want %d", way, len(got), len(want))
		}
	}
}

func TestBothWaysOfReadingFindTheSameLines(t *testing.T) {
	sizes := []int{0, 1, 65_535, 65_536, 65_537, 131_072, 200_000, journal.MaxLine - 1, journal.MaxLine, journal.MaxLine + 1, 3 * journal.MaxLine}
	if raced {
		sizes = sizes[:7] // The rest takes it half a minute, and nothing here is concurrent.
	}
	for _, size := range sizes {
		long := bytes.Repeat([]byte("x"), size)
		for _, parts := range [][]string{{"", ""}, {"a\n", ""}, {"", "\nb"}, {"a\n", "\n"}, {"\n\na\n", "\n\nb\n"}} {
			sameLines(t, slices.Concat([]byte(parts[0]), long, []byte(parts[1])))
		}
	}
}

func FuzzReader(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		must(t, os.WriteFile(path, content, 0o600))
		reader := journal.NewReader(path)
		before := entries(t, reader, journal.Filter{})
		lines := bytes.Count(content, []byte("\n")) + 1
		if len(before)+reader.Skipped() > lines {
			t.Fatalf("%d entries and %d skipped of %d lines", len(before), reader.Skipped(), lines)
		}
		sameLines(t, content)
	})
}

// Whatever is there, a journal recovers what is open and goes on behind it.
func FuzzGoingOn(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		must(t, os.WriteFile(path, content, 0o600))
		reader := journal.NewReader(path)
		before := entries(t, reader, journal.Filter{})
		j := journal.New(journal.Options{Path: path})
		for _, id := range abandoned(t, j) {
			if !slices.ContainsFunc(before, func(entry journal.Entry) bool { return entry.ID == id && entry.Open() }) {
				t.Fatalf("%q is given to be recovered, and is not open", id)
			}
		}
		must(t, j.Record(t.Context(), journal.Intent{ID: "new"}, done("new")))
		must(t, j.Close())
		after := entries(t, reader, journal.Filter{})
		if len(after) != len(before)+1 || after[0].ID != "new" {
			t.Fatalf("%d entries became %d", len(before), len(after))
		}
	})
}
