package credentials

import (
	"errors"
	"fmt"
	"strings"
)

// What a caller may want to tell apart.
var (
	// ErrUnknown is a profile that is not there.
	ErrUnknown = errors.New("there is no such profile")
	// ErrUnreachable is a secret whose place cannot be reached from here, such as a
	// keyring from a session without one.
	ErrUnreachable = errors.New("the keyring cannot be reached")
	// ErrChanged is a secret that was kept for another host than its profile names,
	// or for another sign-in.
	ErrChanged = errors.New("the profile was changed")
)

// Fault is why something cannot be had or kept, for people: two sentences, no
// secret.
type Fault struct {
	What string // what is wrong
	Next string // what to do
	Err  error  // the cause; nil: there is none beyond
	kind error  // one of the errors above, or nil
}

func (f *Fault) Error() string { return f.What + " " + f.Next }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// Is matches the sentinel of this package that holds.
func (f *Fault) Is(target error) bool { return f.kind != nil && f.kind == target }

// notThere words why the secret of a profile cannot be had.
func (s *Store) notThere(profile Profile, err error) error {
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		return err
	case isMissing(err):
		return &Fault{
			What: fmt.Sprintf("The secret of the profile %q is not in %s any more.", profile.Name, s.Where(profile)),
			Next: again(profile), Err: err, kind: ErrUnknown,
		}
	case profile.Kept == InKeyring && s.options.Keyring == nil:
		return &Fault{
			What: fmt.Sprintf("The secret of the profile %q is in the system's keyring, which cannot be reached from here: %s.", profile.Name, s.options.NoKeyring),
			Next: "Have the client pass that on to the server, or keep the secret in a file: posthog-org-mcp login --profile " + profile.Name + " --store file.",
			Err:  err, kind: ErrUnreachable,
		}
	case profile.Kept == InKeyring:
		return &Fault{
			What: fmt.Sprintf("The system's keyring does not give out the secret of the profile %q: %s.", profile.Name, strings.TrimSuffix(err.Error(), ".")),
			Next: "Unlock the keyring, or keep the secret in a file: posthog-org-mcp login --profile " + profile.Name + " --store file.",
			Err:  err, kind: ErrUnreachable,
		}
	}
	return &Fault{
		What: fmt.Sprintf("The secret of the profile %q cannot be read: %v.", profile.Name, err),
		Next: "Check the file's permissions, or sign in" + strings.TrimPrefix(again(profile), "Sign in"), Err: err,
	}
}
