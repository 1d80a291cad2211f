package journal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"posthog-org-mcp/journal"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return string(data)
}

// names lists a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	files, err := os.ReadDir(folder)
	must(t, err)
	list := []string{}
	for _, file := range files {
		list = append(list, file.Name())
	}
	return list
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Mode().Perm()
}

func needsModes(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
}

func TestFileAndFolderAreTheUsersAlone(t *testing.T) {
	needsModes(t)
	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	for at, want := range map[string]os.FileMode{
		path: 0o600, path + ".lock": 0o600, path + ".sessions": 0o700, filepath.Dir(path): 0o700, filepath.Dir(filepath.Dir(path)): 0o700,
	} {
		if got := mode(t, at); got != want {
			t.Errorf("%s has mode %v, want %v", at, got, want)
		}
	}
}

func TestAFileThatOthersCouldReadIsNarrowedAndASharedFolderLeftAlone(t *testing.T) {
	needsModes(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "journal.jsonl")
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, os.Chmod(path, 0o664))
	must(t, os.Chmod(folder, 0o755))
	j, _ := open(t, journal.Options{Path: path})
	must(t, j.Begin(t.Context(), intent("a.1")))
	if file, dir := mode(t, path), mode(t, folder); file != 0o600 || dir != 0o755 {
		t.Errorf("the file has mode %v, the folder %v", file, dir)
	}
}

func TestATornLastLineIsPassedOverAndTheNextLineStandsAlone(t *testing.T) {
	for name, torn := range map[string]string{
		"half a line": `{"v":1,"session":"0000000000","intent":{"id":"b.1","su`,
		"zeros":       "\x00\x00\x00\x00",
		"one byte":    "{",
	} {
		t.Run(name, func(t *testing.T) {
			j, path := open(t, journal.Options{})
			must(t, j.Record(t.Context(), intent("a.1"), done("a.1")))
			appendTo(t, path, torn)
			reader := journal.NewReader(path)
			same(t, ids(entries(t, reader, journal.Filter{})), []string{"a.1"})
			same(t, reader.Skipped(), 1)
			must(t, j.Record(t.Context(), intent("c.1"), done("c.1")))
			same(t, ids(entries(t, reader, journal.Filter{})), []string{"c.1", "a.1"})
			same(t, reader.Skipped(), 1)
			if text := read(t, path); !strings.Contains(text, torn+"\n{") || !strings.HasSuffix(text, "}\n") {
				t.Errorf("the file has %q", text)
			}
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	_, err = file.WriteString(text)
	must(t, err)
	must(t, file.Close())
}

func TestALastLineThatLacksOnlyItsEndCounts(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Record(t.Context(), intent("a.1"), done("a.1")))
	must(t, os.Truncate(path, int64(len(read(t, path))-1)))
	reader := j.Reader()
	same(t, ids(entries(t, reader, journal.Filter{})), []string{"a.1"})
	must(t, j.Record(t.Context(), intent("a.2"), done("a.2")))
	same(t, ids(entries(t, reader, journal.Filter{})), []string{"a.2", "a.1"})
	same(t, reader.Skipped(), 0)
}

func TestWhatCannotBeAJournalIsRefusedWithAdvice(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, folder string) (path string)
		says string
	}{
		"no path": {func(*testing.T, string) string { return "" }, "no path is given; give the path"},
		"a folder": {func(t *testing.T, folder string) string {
			must(t, os.Mkdir(filepath.Join(folder, "x"), 0o700))
			return filepath.Join(folder, "x")
		}, "not a regular file; give the path of a file"},
		"below a file": {func(t *testing.T, folder string) string {
			must(t, os.WriteFile(filepath.Join(folder, "x"), nil, 0o600))
			return filepath.Join(folder, "x", "y", "journal.jsonl")
		}, "not a directory; choose a path below a folder"},
		"a symbolic link": {func(t *testing.T, folder string) string {
			must(t, os.WriteFile(filepath.Join(folder, "x"), nil, 0o600))
			if err := os.Symlink("x", filepath.Join(folder, "link")); err != nil {
				t.Skip(err)
			}
			return filepath.Join(folder, "link")
		}, "not a regular file"},
		"a link to nothing": {func(t *testing.T, folder string) string {
			if err := os.Symlink("x", filepath.Join(folder, "link")); err != nil {
				t.Skip(err)
			}
			return filepath.Join(folder, "link")
		}, "not a regular file"},
		"a folder in the lock's place": {func(t *testing.T, folder string) string {
			must(t, os.Mkdir(filepath.Join(folder, "journal.jsonl.sessions"), 0o700))
			must(t, os.Mkdir(filepath.Join(folder, "journal.jsonl.lock"), 0o000))
			return filepath.Join(folder, "journal.jsonl")
		}, "journal.jsonl.lock"},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && name == "below a file" {
				t.Skip("Windows words it otherwise")
			}
			folder := t.TempDir()
			path := test.make(t, folder)
			before := names(t, folder)
			j := journal.New(journal.Options{Path: path})
			for call, err := range map[string]error{
				"Begin":  j.Begin(t.Context(), intent("a.1")),
				"End":    j.End(t.Context(), done("a.1")),
				"Record": j.Record(t.Context(), intent("a.1"), done("a.1")),
			} {
				if !errors.Is(err, journal.ErrUnwritable) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%s: the error is %v", call, err)
				}
			}
			must(t, j.Close())
			same(t, names(t, folder), before)
		})
	}
}

func TestAnAppendWaitsForAnotherProcessOnlySoLong(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	other := flock.New(path + ".lock")
	must(t, other.Lock())

	j.SetWait(20 * time.Millisecond)
	err := j.End(t.Context(), done("a.1"))
	if !errors.Is(err, journal.ErrUnwritable) || !strings.Contains(err.Error(), path+".lock") {
		t.Errorf("the journal's own limit: %v", err)
	}
	j.SetWait(time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := j.End(ctx, done("a.1")); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, journal.ErrUnwritable) {
		t.Errorf("the caller's limit: %v", err)
	}
	if strings.Contains(read(t, path), "outcome") {
		t.Error("an outcome was written without the lock")
	}

	ended := make(chan error, 1)
	go func() { ended <- j.End(t.Context(), done("a.1")) }()
	must(t, other.Unlock())
	must(t, <-ended)
}

func TestAFullFileIsPutAsideAndNothingIsLost(t *testing.T) {
	j, path := open(t, journal.Options{MaxSize: 1000})
	var want []string
	for i := range 40 {
		id := string(rune('a'+i%26)) + "." + string(rune('0'+i/26))
		must(t, j.Begin(t.Context(), intent(id)))
		must(t, j.End(t.Context(), done(id)))
		want = append(want, id)
	}
	slices.Reverse(want)
	reader := j.Reader()
	all := entries(t, reader, journal.Filter{})
	same(t, ids(all), want)
	for _, entry := range all {
		if entry.Open() {
			t.Errorf("%s has lost its outcome", entry.ID)
		}
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "journal*.jsonl"))
	must(t, err)
	if len(files) < 8 {
		t.Errorf("the files are %q", files)
	}
	for _, file := range files {
		if size := len(read(t, file)); size > 1000 || size == 0 {
			t.Errorf("%s has %d bytes", file, size)
		}
	}
}

func TestAReaderSeesOneMomentWhileFilesArePutAside(t *testing.T) {
	j, _ := open(t, journal.Options{MaxSize: 1})
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range 150 {
			if err := j.Record(t.Context(), intent(strconv.Itoa(i)), done(strconv.Itoa(i))); err != nil {
				t.Error(err)
			}
		}
	}()
	for writing := true; writing; {
		select {
		case <-written:
			writing = false
		default:
		}
		all := entries(t, j.Reader(), journal.Filter{})
		for i, entry := range all {
			if want := strconv.Itoa(len(all) - 1 - i); entry.ID != want {
				t.Fatalf("entry %d of %d is %s, want %s", i, len(all), entry.ID, want)
			}
		}
	}
	same(t, len(entries(t, j.Reader(), journal.Filter{})), 150)
}

func TestPartsKeepTheirOrderWhenTheClockGoesBack(t *testing.T) {
	j, path := open(t, journal.Options{MaxSize: 1})
	part := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	must(t, j.Record(t.Context(), intent("a.1"), done("a.1")))
	must(t, os.Rename(path, part("journal-29990101T000000Z.jsonl")))
	for _, id := range []string{"a.2", "a.3", "a.4"} {
		must(t, j.Record(t.Context(), intent(id), done(id)))
	}
	same(t, ids(entries(t, j.Reader(), journal.Filter{})), []string{"a.4", "a.3", "a.2", "a.1"})
	same(t, strings.Contains(read(t, part("journal-29990101T000000Z-2.jsonl")), "a.2"), true)
	same(t, strings.Contains(read(t, part("journal-29990101T000000Z-3.jsonl")), "a.3"), true)
}

func TestFilesOfOthersInTheFolderAreNotRead(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Record(t.Context(), intent("a.1"), done("a.1")))
	for _, name := range []string{
		"journal-old.jsonl", "journal-20261128T031714Z.jsonl.bak", "other-20261128T031714Z.jsonl", "journal-20261128T031714Z-1.jsonl",
		"journal-20261128T031714Z-x.jsonl", "journal-20261328T031714Z.jsonl", "journal-.jsonl",
	} {
		must(t, os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(read(t, path)), 0o600))
	}
	must(t, os.Mkdir(filepath.Join(filepath.Dir(path), "journal-20261128T031714Z.jsonl"), 0o700))
	same(t, ids(entries(t, j.Reader(), journal.Filter{})), []string{"a.1"})
}

func TestTheJournalComesBackAfterSomebodyHasDeletedIt(t *testing.T) {
	j, path := open(t, journal.Options{})
	must(t, j.Begin(t.Context(), intent("a.1")))
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Skip(err) // Windows keeps what is open.
	}
	must(t, j.Begin(t.Context(), intent("a.2")))
	same(t, ids(entries(t, j.Reader(), journal.Filter{})), []string{"a.2"})
	// The new session is known to live, and to be this one.
	other, _ := open(t, journal.Options{Path: path})
	same(t, abandoned(t, j), []string{})
	same(t, abandoned(t, other), []string{})
}

func TestSeveralProcessesShareAJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	var processes []*process
	for range 3 {
		processes = append(processes, start(t, "write fifty", path, 4<<10))
	}
	want := map[string]bool{}
	for _, p := range processes {
		for _, id := range p.rest(t) {
			want[id] = true
		}
	}
	got := map[string]bool{}
	reader := journal.NewReader(path)
	for _, entry := range entries(t, reader, journal.Filter{}) {
		if entry.Open() || got[entry.ID] {
			t.Errorf("%s is open: %v, doubled: %v", entry.ID, entry.Open(), got[entry.ID])
		}
		got[entry.ID] = true
	}
	same(t, got, want)
	if len(got) != 150 || reader.Skipped() != 0 {
		t.Errorf("%d entries, %d lines skipped", len(got), reader.Skipped())
	}
	if _, err := os.Stat(path + ".sessions"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("sessions are left: %v", err)
	}
}
