package credentials

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/zalando/go-keyring"
)

// Keyring keeps secrets for a user, as systems do. An error that matches
// ErrNotInKeyring says that there is no such entry.
type Keyring interface {
	Get(entry string) (string, error)
	Set(entry, secret string) error
	Delete(entry string) error
}

// ErrNotInKeyring is an entry that a Keyring does not have.
var ErrNotInKeyring = keyring.ErrNotFound

// service is what the system's keyring calls this program.
const service = "posthog-org-mcp"

// SystemKeyring returns the keyring of an operating system (as runtime.GOOS names
// it), or nil and half a sentence that says why there is none. It asks for
// nothing yet.
//
// Elsewhere than on macOS and Windows that is the Secret Service of the user's
// session, which is reached over D-Bus. Where no bus is to be found the library
// would start one, which would be empty and stay behind.
func SystemKeyring(system string, environment map[string]string) (found Keyring, why string) {
	if system == "darwin" || system == "windows" || environment["DBUS_SESSION_BUS_ADDRESS"] != "" {
		return systemKeyring{}, ""
	}
	if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), "bus")); err == nil {
		return systemKeyring{}, ""
	}
	return nil, "DBUS_SESSION_BUS_ADDRESS is not set"
}

type systemKeyring struct{}

func (systemKeyring) Get(entry string) (string, error) { return keyring.Get(service, entry) }
func (systemKeyring) Set(entry, secret string) error   { return keyring.Set(service, entry, secret) }
func (systemKeyring) Delete(entry string) error        { return keyring.Delete(service, entry) }

// keyringVault waits for a keyring only so long: one that is locked, where nobody
// can unlock it, never answers.
type keyringVault struct {
	keyring Keyring
	why     string // there is none
	wait    time.Duration
}

func (v *keyringVault) get(ctx context.Context, entry string) (string, error) {
	return within(ctx, v, func(k Keyring) (string, error) { return k.Get(entry) })
}

func (v *keyringVault) set(ctx context.Context, entry, text string) error {
	_, err := within(ctx, v, func(k Keyring) (struct{}, error) {
		if err := k.Set(entry, text); err != nil {
			return struct{}{}, err
		}
		// Some keyrings take what they do not keep.
		kept, err := k.Get(entry)
		if err == nil && kept != text {
			err = errors.New("it does not give back what it was given")
		}
		return struct{}{}, err
	})
	return err
}

func (v *keyringVault) remove(ctx context.Context, entry string) error {
	_, err := within(ctx, v, func(k Keyring) (struct{}, error) { return struct{}{}, k.Delete(entry) })
	return err
}

// within asks a keyring, and does not wait longer than it may.
func within[T any](ctx context.Context, v *keyringVault, ask func(Keyring) (T, error)) (T, error) {
	var none T
	if v.keyring == nil {
		return none, errors.New(v.why)
	}
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := ask(v.keyring)
		answered <- answer{value, err}
	}()
	timer := time.NewTimer(v.wait)
	defer timer.Stop()
	select {
	case got := <-answered:
		return got.value, plainly(got.err)
	case <-timer.C:
		return none, fmt.Errorf("it did not answer within %v, so it may be locked", v.wait)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// How the security command of macOS ends, by which its Keychain is reached. The
// library knows an entry that is not there by the command's English words alone.
const (
	keychainLocked = 36 // and nobody can be asked, as over ssh
	keychainLacks  = 44
)

// plainly is a keyring's error in words, or as errMissing.
func plainly(err error) error {
	var ended interface {
		error
		ExitCode() int
	}
	switch {
	case errors.Is(err, ErrNotInKeyring):
		return errMissing
	case !errors.As(err, &ended):
		return err
	case ended.ExitCode() == keychainLacks:
		return errMissing
	case ended.ExitCode() == keychainLocked:
		return fmt.Errorf("the Keychain is locked here; security unlock-keychain opens it (%w)", err)
	}
	return err
}
