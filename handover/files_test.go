package handover_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/handover"
	"posthog-org-mcp/redact"
)

const canary = "phs_CANARY0123456789abcdefghijkl"

var (
	token = redact.NewSecret(canary)
	acme  = handover.Label{
		Host: "us.posthog.example", ProjectID: 42, ProjectName: "Acme",
		SettingsURL: "https://us.posthog.example/project/42/settings",
	}
)

func TestASecretFileHoldsTheTokenAndANewline(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when needed")
	files := handover.NewFiles(dir)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the folder is there before the first Prepare: %v", err)
	}
	receipt := put(t, prepare(t, files, acme))
	if !filepath.IsAbs(receipt.Path) || receipt.URL != "" || !receipt.Expires.IsZero() {
		t.Errorf("receipt %+v", receipt)
	}
	if got := read(t, receipt.Path); got != canary+"\n" {
		t.Errorf("the file holds %q", got)
	}
	if name := filepath.Base(receipt.Path); !regexp.MustCompile(`^us\.posthog\.example-project-42-\d{8}T\d{6}Z\.secret$`).MatchString(name) {
		t.Errorf("the file is called %s", name)
	}
	if runtime.GOOS != "windows" {
		wantMode(t, receipt.Path, 0o600)
		wantMode(t, dir, 0o700)
	}
}

func TestAPreparedFileReservesRoomAndReadsAsNothing(t *testing.T) {
	dir := t.TempDir()
	slot := prepare(t, handover.NewFiles(dir), acme)
	held := read(t, only(t, dir))
	if len(held) <= len(canary) || strings.TrimSpace(held) != "" {
		t.Errorf("before the token the file holds %q", held)
	}
	if err := slot.Discard(); err != nil {
		t.Error(err)
	}
}

func TestADiscardedFileIsGoneAndTakesNoToken(t *testing.T) {
	dir := t.TempDir()
	slot := prepare(t, handover.NewFiles(dir), acme)
	for range 2 {
		if err := slot.Discard(); err != nil {
			t.Error(err)
		}
	}
	wantRefused(t, slot, token, "no longer waiting")
	if left := list(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestAFileTakesOneTokenAndKeepsIt(t *testing.T) {
	slot := prepare(t, handover.NewFiles(t.TempDir()), acme)
	receipt := put(t, slot)
	wantRefused(t, slot, redact.NewSecret("phs_ANOTHER0123456789"), "no longer waiting")
	if err := slot.Discard(); err != nil {
		t.Error(err)
	}
	if got := read(t, receipt.Path); got != canary+"\n" {
		t.Errorf("the file holds %q", got)
	}
}

func TestALongTokenIsWrittenWhole(t *testing.T) {
	long := strings.Repeat("x", 5000)
	slot := prepare(t, handover.NewFiles(t.TempDir()), acme)
	receipt, err := slot.Put(redact.NewSecret(long))
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, receipt.Path); got != long+"\n" {
		t.Errorf("the file holds %d bytes", len(got))
	}
}

func TestAnErrorLeadsToTheSettingsEvenWithoutTheirAddress(t *testing.T) {
	slot := prepare(t, handover.NewFiles(t.TempDir()), handover.Label{ProjectID: 7})
	_, err := slot.Put(redact.Secret{})
	wantUnavailable(t, err, "Read the token in the project's settings in PostHog.")
}

func TestNoTokenIsNoFile(t *testing.T) {
	dir := t.TempDir()
	wantRefused(t, prepare(t, handover.NewFiles(dir), acme), redact.Secret{}, "there is no token")
	if left := list(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestFileNamesKeepNothingThatAShellCouldMisread(t *testing.T) {
	zone := time.Local
	defer func() { time.Local = zone }()
	time.Local = time.FixedZone("not the files' zone", 3600)
	for _, test := range []struct{ host, want string }{
		{"eu.posthog.com", "eu.posthog.com-project-7-20000101T000000Z.secret"},
		{"127.0.0.1:8000", "127.0.0.1-8000-project-7-20000101T000000Z.secret"},
		{"../../etc", "etc-project-7-20000101T000000Z.secret"},
		{"-rf", "rf-project-7-20000101T000000Z.secret"},
		{`a/b\c d;e$f` + "\x00\n" + `gü`, "a-b-c-d-e-f--g--project-7-20000101T000000Z.secret"},
		{"", "posthog-project-7-20000101T000000Z.secret"},
		{strings.Repeat("long.", 60), strings.Repeat("long.", 20) + "-project-7-20000101T000000Z.secret"},
	} {
		synctest.Test(t, func(t *testing.T) { // its clock starts with the year 2000
			slot := prepare(t, handover.NewFiles(t.TempDir()), handover.Label{Host: test.host, ProjectID: 7})
			if got := filepath.Base(put(t, slot).Path); got != test.want {
				t.Errorf("host %q gives %s, want %s", test.host, got, test.want)
			}
		})
	}
}

func TestANameThatIsTakenGetsANumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		files := handover.NewFiles(dir)
		for _, want := range []string{
			"us.posthog.example-project-42-20000101T000000Z.secret",
			"us.posthog.example-project-42-20000101T000000Z-2.secret",
			"us.posthog.example-project-42-20000101T000000Z-3.secret",
		} {
			if got := filepath.Base(put(t, prepare(t, files, acme)).Path); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		for range 97 {
			prepare(t, files, acme)
		}
		_, err := files.Prepare(t.Context(), acme)
		wantUnavailable(t, err, dir, "100 files", "Wait a second")
	})
}

func TestALinkInTheFilesPlaceIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
		if err := os.Symlink(elsewhere, filepath.Join(dir, "us.posthog.example-project-42-20000101T000000Z.secret")); err != nil {
			t.Skip("no links here: ", err)
		}
		receipt := put(t, prepare(t, handover.NewFiles(dir), acme))
		if got := read(t, receipt.Path); got != canary+"\n" {
			t.Errorf("the file holds %q", got)
		}
		if _, err := os.Lstat(elsewhere); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the link was followed: %v", err)
		}
	})
}

func TestAFileThatWasRemovedMeanwhileIsMadeAnew(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows removes no open file")
	}
	dir := t.TempDir()
	slot := prepare(t, handover.NewFiles(dir), acme)
	if err := os.Remove(only(t, dir)); err != nil {
		t.Fatal(err)
	}
	receipt := put(t, slot)
	if got := read(t, receipt.Path); got != canary+"\n" {
		t.Errorf("the file holds %q", got)
	}
	wantMode(t, receipt.Path, 0o600)
}

func TestAnotherFileThatTookThePlaceIsLeftAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows renames no open file")
	}
	for _, end := range []struct {
		name string
		do   func(t *testing.T, slot handover.Slot)
	}{
		{"Put", func(t *testing.T, slot handover.Slot) {
			if got := read(t, put(t, slot).Path); got != canary+"\n" {
				t.Errorf("the token's file holds %q", got)
			}
		}},
		{"Discard", func(t *testing.T, slot handover.Slot) {
			if err := slot.Discard(); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(end.name, func(t *testing.T) {
			dir := t.TempDir()
			slot := prepare(t, handover.NewFiles(dir), acme)
			path := only(t, dir)
			if err := os.Rename(path, path+".moved"); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("somebody else's"), 0o644); err != nil {
				t.Fatal(err)
			}
			end.do(t, slot)
			if got := read(t, path); got != "somebody else's" {
				t.Errorf("the other file holds %q", got)
			}
		})
	}
}

func TestAFolderThatCannotBeUsedIsKnownBeforeTheRotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, dir string
		says      []string
	}{
		{"no folder is named", "", []string{"no folder is set", "Set one"}},
		{"it is a file", file, []string{file, "choose another one"}},
		{"it would be below a file", filepath.Join(file, "below"), []string{filepath.Join(file, "below"), "choose another one"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := handover.NewFiles(test.dir).Prepare(t.Context(), acme)
			wantUnavailable(t, err, test.says...)
		})
	}
}

func TestAFolderIsRefusedOnlyIfOthersCanWriteInIt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for _, test := range []struct {
		mode    fs.FileMode
		refused bool
	}{
		{0o700, false},
		{0o755, false},
		{0o777 | fs.ModeSticky, false},
		{0o770, true},
		{0o702, true},
		{0o777, true},
	} {
		dir := t.TempDir()
		if err := os.Chmod(dir, test.mode); err != nil {
			t.Fatal(err)
		}
		slot, err := handover.NewFiles(dir).Prepare(t.Context(), acme)
		if test.refused {
			wantUnavailable(t, err, dir, "others can write", "chmod 700")
			continue
		}
		if err != nil {
			t.Errorf("mode %v: %v", test.mode, err)
			continue
		}
		wantMode(t, put(t, slot).Path, 0o600)
	}
}

func TestACancelledCallPreparesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	pages := handover.NewPages(0)
	defer closePages(t, pages)
	for _, place := range []handover.Place{handover.NewFiles(dir), pages} {
		if _, err := place.Prepare(ctx, acme); !errors.Is(err, context.Canceled) || errors.Is(err, handover.ErrUnavailable) {
			t.Errorf("%T: %v", place, err)
		}
	}
	if left := list(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func prepare(t *testing.T, place handover.Place, what handover.Label) handover.Slot {
	t.Helper()
	slot, err := place.Prepare(t.Context(), what)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slot.Discard() })
	return slot
}

func put(t *testing.T, slot handover.Slot) handover.Receipt {
	t.Helper()
	receipt, err := slot.Put(token)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// wantRefused puts the secret and expects an error that leads to the settings.
func wantRefused(t *testing.T, slot handover.Slot, secret redact.Secret, says string) {
	t.Helper()
	receipt, err := slot.Put(secret)
	if receipt != (handover.Receipt{}) {
		t.Errorf("a receipt for nothing: %+v", receipt)
	}
	wantUnavailable(t, err, says, acme.SettingsURL)
}

func wantUnavailable(t *testing.T, err error, says ...string) {
	t.Helper()
	if !errors.Is(err, handover.ErrUnavailable) {
		t.Fatalf("got %v, want an error that is ErrUnavailable", err)
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the error has the token: %v", err)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %04o, want %04o", path, got, want)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func only(t *testing.T, dir string) string {
	t.Helper()
	names := list(t, dir)
	if len(names) != 1 {
		t.Fatalf("files in the folder: %q, want one", names)
	}
	return filepath.Join(dir, names[0])
}
