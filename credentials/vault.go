package credentials

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"posthog-org-mcp/patiently"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/signin"
)

// vault keeps texts under names. An error of get or remove matches errMissing
// where there is no such name.
type vault interface {
	get(ctx context.Context, entry string) (string, error)
	set(ctx context.Context, entry, text string) error
	remove(ctx context.Context, entry string) error
}

var errMissing = errors.New("it is not there")

func isMissing(err error) bool { return errors.Is(err, errMissing) }

// How long a keyring is waited for: one that is locked asks the person, who is
// there at a login, and is not when a client starts the server.
const (
	prompt  = 10 * time.Second
	patient = time.Minute
)

func (s *Store) vault(place Place, wait time.Duration) vault {
	if place == InKeyring {
		return &keyringVault{keyring: s.options.Keyring, why: s.options.NoKeyring, wait: wait}
	}
	return &fileVault{folder: filepath.Join(s.options.Folder, "secrets")}
}

// secretFile is the file of a secret that is kept in one.
func (s *Store) secretFile(entry string) string {
	return (&fileVault{folder: filepath.Join(s.options.Folder, "secrets")}).path(entry)
}

// fileVault keeps each text in a file of its own, which only the user can read.
type fileVault struct{ folder string }

func (v *fileVault) path(entry string) string { return filepath.Join(v.folder, entry) }

func (v *fileVault) get(_ context.Context, entry string) (string, error) {
	path := v.path(entry)
	info, err := os.Lstat(path) // A link could lead to somebody else's file.
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errMissing
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not an ordinary file", path)
	case hasModes && info.Mode().Perm()&0o077 != 0:
		return "", &Fault{
			What: fmt.Sprintf("Others on this machine may read the secret in %s (mode %04o).", path, info.Mode().Perm()),
			Next: "Run chmod 600 on it. If somebody may have read it, make another key.",
		}
	case info.Size() > longestSecret:
		return "", fmt.Errorf("%s is longer than %d bytes", path, longestSecret)
	}
	data, err := patiently.ReadFile(path)
	return strings.TrimSpace(string(data)), err
}

func (v *fileVault) set(_ context.Context, entry, text string) error {
	if err := privateFolder(v.folder); err != nil {
		return err
	}
	return replaceFile(v.path(entry), []byte(text+"\n"))
}

func (v *fileVault) remove(_ context.Context, entry string) error {
	err := patiently.Remove(v.path(entry))
	if errors.Is(err, fs.ErrNotExist) {
		return errMissing
	}
	return err
}

// longestSecret is how many bytes of a secret's file are read.
const longestSecret = 16 << 10

// hasModes is false where the mode bits of a file say nothing about who may read it.
const hasModes = runtime.GOOS != "windows"

// privateFolder makes a folder that only the user can look into, or checks that
// nobody else can write into the one that is there.
func privateFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return closedFolder(path)
}

// closedFolder checks that nobody else can write into a folder.
func closedFolder(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if hasModes && info.Mode().Perm()&0o022 != 0 {
		return &Fault{
			What: fmt.Sprintf("Others on this machine can write into the folder %s (mode %04o).", path, info.Mode().Perm()),
			Next: "Run chmod 700 on it.",
		}
	}
	return nil
}

// replaceFile writes a file that only the user can read, whole or not at all.
func replaceFile(path string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = patiently.Rename(file.Name(), path)
	}
	return err
}

// sealed is how a secret is written: with what it belongs to, because the
// profile stands in a file that others may get to change.
type sealed struct {
	Access  string    `json:"access"`
	Refresh string    `json:"refresh,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
	// Host is the one that the secret may be sent to.
	Host string `json:"host"`
	// SignIn is the digest of where and how the sign-in is renewed.
	SignIn string `json:"sign_in"`
}

// encode writes a secret for a vault.
func (s Secret) encode(profile Profile) string {
	// Strings and a time: this cannot fail.
	data, _ := json.Marshal(sealed{
		Access: s.Key.Reveal(), Refresh: s.Refresh.Reveal(), Expires: s.Expires,
		Host: profile.Host, SignIn: signInOf(profile),
	})
	return string(data)
}

// decode reads a secret, and refuses one that was kept for something else than
// the profile is by now.
func decode(profile Profile, text string) (Secret, error) {
	var kept sealed
	if err := json.Unmarshal([]byte(text), &kept); err != nil || kept.Access == "" {
		return Secret{}, &Fault{
			What: fmt.Sprintf("What is kept for the profile %q is not what this program writes.", profile.Name), // the cause may quote it
			Next: again(profile),
		}
	}
	changed := ""
	switch {
	case kept.Host != profile.Host:
		changed = "host"
	case kept.SignIn != signInOf(profile):
		changed = "sign-in"
	default:
		return Secret{Key: redact.NewSecret(kept.Access), Refresh: redact.NewSecret(kept.Refresh), Expires: kept.Expires}, nil
	}
	return Secret{}, &Fault{
		What: fmt.Sprintf("The %s of the profile %q was changed after its secret was kept, so the secret is sent nowhere.", changed, profile.Name),
		Next: "Sign in again, and say where: posthog-org-mcp login --host ADDRESS --profile " + profile.Name + ".",
		kind: ErrChanged,
	}
}

// signInOf is the digest of what a profile says about renewing it.
func signInOf(profile Profile) string {
	// Strings and a truth value: this cannot fail.
	data, _ := json.Marshal(struct {
		Kind     Kind
		ClientID string
		Server   *signin.Server
	}{profile.Kind, profile.ClientID, profile.Server})
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
