package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/signin"
)

const canary = "phx_CANARY0123456789abcdefghijCANARY"

// memory is a keyring that lives as long as a test.
type memory struct {
	mu    sync.Mutex
	kept  map[string]string
	err   error
	hangs chan struct{} // nil: it answers
}

func (m *memory) do(use func() error) error {
	if m.hangs != nil {
		<-m.hangs
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]string{}
	}
	if m.err != nil {
		return m.err
	}
	return use()
}

func (m *memory) Get(entry string) (secret string, err error) {
	err = m.do(func() error {
		found := false
		if secret, found = m.kept[entry]; !found {
			return credentials.ErrNotInKeyring
		}
		return nil
	})
	return secret, err
}

func (m *memory) Set(entry, secret string) error {
	return m.do(func() error { m.kept[entry] = secret; return nil })
}

func (m *memory) Delete(entry string) error {
	return m.do(func() error {
		if _, found := m.kept[entry]; !found {
			return credentials.ErrNotInKeyring
		}
		delete(m.kept, entry)
		return nil
	})
}

// in is the store of a fresh folder.
func in(t *testing.T, keyring credentials.Keyring) (*credentials.Store, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "config", "posthog-org-mcp")
	return credentials.Open(credentials.Options{Folder: folder, Keyring: keyring, NoKeyring: "this machine has none"}), folder
}

func save(t *testing.T, store *credentials.Store, profile credentials.Profile, key string) credentials.Profile {
	t.Helper()
	if profile.Host == "" {
		profile.Host = "https://eu.posthog.com"
	}
	if profile.Kind == "" {
		profile.Kind = credentials.PersonalKey
	}
	saved, err := store.Save(t.Context(), profile, credentials.Secret{Key: redact.NewSecret(key)})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func keyOf(t *testing.T, store *credentials.Store, name string) string {
	t.Helper()
	profile, err := store.Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := store.Secret(t.Context(), profile)
	if err != nil {
		t.Fatal(err)
	}
	return secret.Key.Reveal()
}

func TestASecretIsKeptInTheKeyringAndNowhereElse(t *testing.T) {
	keyring := &memory{}
	store, folder := in(t, keyring)
	saved := save(t, store, credentials.Profile{Name: "work", Owner: "maya@example.com"}, canary)
	if saved.Kept != credentials.InKeyring || keyOf(t, store, "work") != canary || len(keyring.kept) != 1 {
		t.Errorf("saved %+v, the keyring has %d", saved, len(keyring.kept))
	}
	for path, content := range files(t, folder) {
		if strings.Contains(content+path, "CANARY") {
			t.Errorf("%s holds the key", path)
		}
	}
	again, err := store.Profiles()
	if err != nil || len(again) != 1 || again[0].Owner != "maya@example.com" || again[0].Name != "work" {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestASecretIsKeptInAFileOfItsOwnWhereThereIsNoKeyring(t *testing.T) {
	for name, keyring := range map[string]credentials.Keyring{"none": nil, "one that fails": &memory{err: errors.New("it is full")}} {
		store, folder := in(t, keyring)
		saved := save(t, store, credentials.Profile{Name: "work"}, canary)
		if saved.Kept != credentials.InFile || saved.NotInKeyring == "" || keyOf(t, store, "work") != canary {
			t.Errorf("%s: saved %+v", name, saved)
		}
		holding := 0
		for path, content := range files(t, folder) {
			if strings.Contains(content, "CANARY") {
				holding++
				if store.Where(saved) != path {
					t.Errorf("it is said to be in %s, and is in %s", store.Where(saved), path)
				}
			}
		}
		if holding != 1 {
			t.Errorf("%d files hold the key", holding)
		}
	}
}

// files are all files below a folder, each for its user alone.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if entry.IsDir() {
			return nil
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAPlaceThatIsAskedForIsTheOnlyOne(t *testing.T) {
	store, _ := in(t, nil)
	_, err := store.Save(t.Context(), credentials.Profile{Name: "work", Kept: credentials.InKeyring}, credentials.Secret{Key: redact.NewSecret(canary)})
	var fault *credentials.Fault
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "this machine has none") || !strings.Contains(fault.Next, "--store file") {
		t.Errorf("got %v", err)
	}
	if profiles, err := store.Profiles(); err != nil || len(profiles) != 0 {
		t.Errorf("a profile without a secret is kept: %+v, %v", profiles, err)
	}
	keyring := &memory{}
	store, _ = in(t, keyring)
	if saved := save(t, store, credentials.Profile{Name: "work", Kept: credentials.InFile}, canary); saved.Kept != credentials.InFile || len(keyring.kept) != 0 {
		t.Errorf("saved %+v", saved)
	}
}

func TestASecondSignInTakesTheFirstOnesPlace(t *testing.T) {
	keyring := &memory{}
	store, folder := in(t, keyring)
	first := save(t, store, credentials.Profile{Name: "work"}, canary)
	second := save(t, store, credentials.Profile{Name: "work", Kept: credentials.InFile}, canary+"2")
	if keyOf(t, store, "work") != canary+"2" || first.Entry == second.Entry || len(keyring.kept) != 0 {
		t.Errorf("the keyring has %d", len(keyring.kept))
	}
	if _, err := store.Forget(t.Context(), "work"); err != nil {
		t.Error(err)
	}
	for path, content := range files(t, folder) {
		if strings.Contains(content, "CANARY") {
			t.Errorf("%s still holds the key", path)
		}
	}
	if _, err := store.Forget(t.Context(), "work"); !errors.Is(err, credentials.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

func TestAnUnknownProfileIsToldTheNearest(t *testing.T) {
	store, _ := in(t, nil)
	save(t, store, credentials.Profile{Name: "work"}, canary)
	save(t, store, credentials.Profile{Name: "private"}, canary)
	for name, wants := range map[string]string{"worl": "Did you mean work?", "zzzzzzzz": "Profiles: private, work. Or sign in"} {
		_, err := store.Profile(name)
		if !errors.Is(err, credentials.ErrUnknown) || !strings.Contains(err.Error(), wants) || !strings.Contains(err.Error(), "posthog-org-mcp login --profile "+name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestANameIsPlain(t *testing.T) {
	for name, fine := range map[string]bool{
		"work": true, "Work-2.eu_x": true, "": false, ".": false, "..": false, "../x": false, "a b": false, "é": false, "-x": false,
		strings.Repeat("a", 40): true, strings.Repeat("a", 41): false, "a\nb": false,
	} {
		if err := credentials.CheckName(name); (err == nil) != fine {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAFileThatCannotBeUsedIsLeftAlone(t *testing.T) {
	for name, test := range map[string]struct{ content, says string }{
		"broken":             {"{\n  \"version\": 1,\n  \"profiles\": {,}\n}", "line 3, column 16"},
		"empty":              {"", "line 1"},
		"newer":              {`{"version": 2, "people": {}}`, "newer version"},
		"with more":          {`{"version": 1, "profiles": {"work": {"hots": "x"}}}`, "hots"},
		"of another type":    {`{"version": 1, "profiles": {"work": {"host": 7}}}`, "line 1"},
		"with two documents": {`{"version": 1, "profiles": {}} {}`, "column 32"},
		"with a bad name":    {`{"version": 1, "profiles": {"../x": {}}}`, "no name"},
		"with a path":        {`{"version": 1, "profiles": {"work": {"entry": "../../../.vault-token"}}}`, `the entry "../../../.vault-token"`},
		"with a longer path": {`{"version": 1, "profiles": {"work": {"entry": "work-/abcdefg"}}}`, "none that this program makes"},
		"with another's":     {`{"version": 1, "profiles": {"work": {"entry": "home-abcdefgh"}}}`, "none that this program makes"},
	} {
		t.Run(name, func(t *testing.T) {
			store, folder := in(t, nil)
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, store.File(), test.content)
			_, err := store.Profiles()
			_, saving := store.Save(t.Context(), credentials.Profile{Name: "work"}, credentials.Secret{Key: redact.NewSecret(canary)})
			for _, err := range []error{err, saving} {
				var fault *credentials.Fault
				if !errors.As(err, &fault) || !strings.Contains(fault.What, test.says) || !strings.Contains(fault.Next, "left as it is") {
					t.Errorf("got %v", err)
				}
			}
			if content, err := os.ReadFile(store.File()); err != nil || string(content) != test.content {
				t.Errorf("it is now %q, %v", content, err)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestASecretThatOthersMayReadIsNotUsed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing here")
	}
	store, folder := in(t, nil)
	saved := save(t, store, credentials.Profile{Name: "work"}, canary)
	if err := os.Chmod(store.Where(saved), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Secret(t.Context(), saved); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("got %v", err)
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	write(t, elsewhere, canary)
	if err := errors.Join(os.Remove(store.Where(saved)), os.Symlink(elsewhere, store.Where(saved))); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Secret(t.Context(), saved); err == nil || !strings.Contains(err.Error(), "not an ordinary file") {
		t.Errorf("a link: %v", err)
	}
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Forget(t.Context(), "work"); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("an open folder: %v", err)
	}
}

func TestASecretStaysWithItsHostAndItsSignIn(t *testing.T) {
	for name, change := range map[string]func(*credentials.Profile){
		"host":      func(p *credentials.Profile) { p.Host = "https://evil.example" },
		"server":    func(p *credentials.Profile) { p.Server.TokenEndpoint = "https://eu.posthog.com/elsewhere" },
		"no server": func(p *credentials.Profile) { p.Server = nil },
		"client":    func(p *credentials.Profile) { p.ClientID = "https://evil.example/client.json" },
		"kind":      func(p *credentials.Profile) { p.Kind = credentials.PersonalKey },
	} {
		for _, keyring := range []credentials.Keyring{nil, &memory{}} {
			store, _ := in(t, keyring)
			saved := save(t, store, credentials.Profile{
				Name: "work", Kind: credentials.OAuth, ClientID: "https://example.com/client.json", Server: &signin.Server{TokenEndpoint: "https://eu.posthog.com/token"},
			}, canary)
			if keyOf(t, store, "work") != canary {
				t.Fatal("it is not kept")
			}
			change(&saved)
			secret, err := store.Secret(t.Context(), saved)
			if !errors.Is(err, credentials.ErrChanged) || !secret.Key.IsZero() || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "login --host ADDRESS --profile work") {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
}

func TestProfilesThatOthersCanChangeAreNotUsed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing here")
	}
	elsewhere := t.TempDir()
	for name, test := range map[string]struct {
		open func(folder, file string) error
		says string
	}{
		"the file":   {func(_, file string) error { return os.Chmod(file, 0o622) }, "chmod 600"},
		"the folder": {func(folder, _ string) error { return os.Chmod(folder, 0o777) }, "chmod 700"},
		"the folder that a link leads to": {func(_, file string) error {
			target := filepath.Join(elsewhere, "profiles.json")
			return errors.Join(os.Rename(file, target), os.Symlink(target, file), os.Chmod(elsewhere, 0o770))
		}, "chmod 700"},
	} {
		store, folder := in(t, nil)
		save(t, store, credentials.Profile{Name: "work"}, canary)
		if err := test.open(folder, store.File()); err != nil {
			t.Fatal(err)
		}
		_, reading := store.Profile("work")
		_, listing := store.Profiles()
		_, forgetting := store.Forget(t.Context(), "work")
		for _, err := range []error{reading, listing, forgetting} {
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
}

func TestAKeyringThatIsNotThereAnyMoreSaysWhatIsMissing(t *testing.T) {
	store, folder := in(t, &memory{})
	saved := save(t, store, credentials.Profile{Name: "work"}, canary)
	elsewhere := credentials.Open(credentials.Options{Folder: folder, NoKeyring: "DBUS_SESSION_BUS_ADDRESS is not set"})
	_, err := elsewhere.Secret(t.Context(), saved)
	if !errors.Is(err, credentials.ErrUnreachable) || !strings.Contains(err.Error(), "DBUS_SESSION_BUS_ADDRESS is not set") {
		t.Errorf("got %v", err)
	}
	emptied := credentials.Open(credentials.Options{Folder: folder, Keyring: &memory{}})
	if _, err := emptied.Secret(t.Context(), saved); !errors.Is(err, credentials.ErrUnknown) || !strings.Contains(err.Error(), "posthog-org-mcp login --profile work") {
		t.Errorf("got %v", err)
	}
}

// ended is how a command ended.
type ended int

func (e ended) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
func (e ended) ExitCode() int { return int(e) }

func TestHowTheKeychainsCommandEndsIsSaidInWords(t *testing.T) {
	for _, test := range []struct {
		ended ended
		is    error
		says  string
	}{
		{44, credentials.ErrUnknown, "posthog-org-mcp login --profile work"},
		{36, credentials.ErrUnreachable, "the Keychain is locked here; security unlock-keychain opens it"},
		{51, credentials.ErrUnreachable, "exit status 51"},
	} {
		keychain := &memory{}
		store, _ := in(t, keychain)
		saved := save(t, store, credentials.Profile{Name: "work"}, canary)
		keychain.err = test.ended
		if _, err := store.Secret(t.Context(), saved); !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v: %v", test.ended, err)
		}
	}
}

func TestAKeyringThatNeverAnswersHoldsNobodyWhoLeaves(t *testing.T) {
	locked := &memory{hangs: make(chan struct{})}
	t.Cleanup(func() { close(locked.hangs) })
	store, _ := in(t, locked)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := store.Secret(ctx, credentials.Profile{Name: "work", Kept: credentials.InKeyring, Entry: "work-abcdefgh"}); err == nil {
		t.Error("it answered")
	}
}

func TestProfilesSavedAtTheSameTimeAreAllKept(t *testing.T) {
	_, folder := in(t, nil)
	names := []string{"a", "b", "c", "d", "e", "f"}
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() { // each as a process of its own
			store := credentials.Open(credentials.Options{Folder: folder})
			if _, err := store.Save(t.Context(), credentials.Profile{Name: name, Host: "https://eu.posthog.com"}, credentials.Secret{Key: redact.NewSecret(canary)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	profiles, err := credentials.Open(credentials.Options{Folder: folder}).Profiles()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, profile := range profiles {
		got = append(got, profile.Name)
	}
	if !slices.Equal(got, names) {
		t.Errorf("got %q", got)
	}
}

func TestWithoutAHomeThereAreNoProfiles(t *testing.T) {
	store := credentials.Open(credentials.Options{})
	if profiles, err := store.Profiles(); err != nil || len(profiles) != 0 || store.File() != "" {
		t.Errorf("got %+v, %v", profiles, err)
	}
	if _, err := store.Save(t.Context(), credentials.Profile{Name: "work"}, credentials.Secret{Key: redact.NewSecret(canary)}); err == nil || !strings.Contains(err.Error(), "HOME") {
		t.Errorf("got %v", err)
	}
}

func TestTheSystemsKeyringIsLookedForWhereTheSystemHasOne(t *testing.T) {
	for system, wants := range map[string]bool{"darwin": true, "windows": true, "linux": true} {
		found, why := credentials.SystemKeyring(system, map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
		if (found != nil) != wants || (why == "") != wants {
			t.Errorf("%s: %v, %q", system, found, why)
		}
	}
}

// locked is a keyring that locks itself for writing until it is opened.
type locked struct {
	*memory
	open atomic.Bool
}

func (l *locked) Set(entry, secret string) error {
	if !l.open.Load() {
		return errors.New("the keyring is locked")
	}
	return l.memory.Set(entry, secret)
}

func TestAPlaceThatWasAskedForAndIsNotThereNamesTheOtherOne(t *testing.T) {
	store, _ := in(t, nil)
	_, err := store.Save(t.Context(), credentials.Profile{Name: "work", Kept: credentials.InKeyring}, credentials.Secret{Key: redact.NewSecret(canary)})
	if err == nil || !strings.HasSuffix(err.Error(), "Use --store file to keep it in a file that only you can read.") {
		t.Errorf("got %v", err)
	}
}
