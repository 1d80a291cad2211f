// Package credentials keeps what a person signed in with: profiles, which hold no
// secret, in one file of the user's configuration, and the secret of each in the
// system's keyring, or in a file of its own where there is none.
//
// A profile belongs to one host, and its secret is sent to no other. Tokens of a
// sign-in in the browser are renewed here, by one process at a time (tokens.go).
package credentials

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"posthog-org-mcp/nearest"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/signin"
	"posthog-org-mcp/visible"
)

// DefaultName is the profile that is used when nobody names one.
const DefaultName = "default"

// Kind is how a person signed in.
type Kind string

// The kinds of profile.
const (
	PersonalKey Kind = "personal API key"
	OAuth       Kind = "sign-in in the browser"
)

// Place is where a secret is kept.
type Place string

// The places for a secret.
const (
	InKeyring Place = "keyring"
	InFile    Place = "file"
)

// Profile is one sign-in, without its secret.
type Profile struct {
	Name string `json:"-"`
	// Host is the address of the PostHog that the secret belongs to, such as
	// https://eu.posthog.com.
	Host string `json:"host"`
	// Organization is the id of the one to work on; empty for the one that the
	// owner last used. OrganizationName is for people.
	Organization     string `json:"organization,omitempty"`
	OrganizationName string `json:"organization_name,omitempty"`
	Kind             Kind   `json:"kind"`
	// Owner is the e-mail address, and Label what the key is called; both may be empty.
	Owner string `json:"owner,omitempty"`
	Label string `json:"label,omitempty"`
	Kept  Place  `json:"kept"`
	// Entry is what the secret is called in its place.
	Entry    string    `json:"entry"`
	SignedIn time.Time `json:"signed_in"`
	// NotInKeyring says of a profile that Save returns why its secret is in a file,
	// where nobody asked for that; empty otherwise.
	NotInKeyring string `json:"-"`
	// Replaced is, of a profile that Save returns, the one whose place it took; nil
	// for none.
	Replaced *Forgotten `json:"-"`
	// ClientID, Server and Scopes are those of an OAuth sign-in.
	ClientID string         `json:"client_id,omitempty"`
	Server   *signin.Server `json:"server,omitempty"`
	Scopes   []string       `json:"scopes,omitempty"`
}

// Secret is what a profile opens the API with: a personal API key, or the tokens
// of an OAuth sign-in.
type Secret struct {
	// Key is the personal API key or the access token.
	Key redact.Secret
	// Refresh gets the next access token; empty for a personal API key.
	Refresh redact.Secret
	// Expires is when the access token ends; zero when that is not known.
	Expires time.Time
}

// Forgotten is a profile that is kept no more, and what it opened the API with:
// a sign-in goes on at the host until its tokens are revoked there.
type Forgotten struct {
	Profile Profile
	Secret  Secret
	Unread  error // why the secret could not be read; nil: it could
}

// SecretOf is what is kept of a token.
func SecretOf(token signin.Token) Secret {
	return Secret{Key: token.Access, Refresh: token.Refresh, Expires: token.Expires}
}

// Options say where a Store keeps things.
type Options struct {
	// Folder is the program's own in the user's configuration. Empty
	// when the environment names no home: then there are no profiles.
	Folder string
	// Keyring is the system's; nil when there is none. See SystemKeyring.
	Keyring Keyring
	// NoKeyring says in half a sentence why there is none.
	NoKeyring string
}

// Store is the profiles of one user and their secrets. It holds nothing itself:
// each call looks at what is there by then.
type Store struct {
	options Options
}

// Open returns the store of a folder. Nothing is read or made.
func Open(options Options) *Store { return &Store{options: options} }

// File is where the profiles stand; empty when there is no home for them.
func (s *Store) File() string {
	if s.options.Folder == "" {
		return ""
	}
	return filepath.Join(s.options.Folder, "profiles.json")
}

// Profiles returns all, by name. No file is no profiles; one that cannot be read
// is a *Fault.
func (s *Store) Profiles() ([]Profile, error) {
	kept, err := s.read()
	if err != nil {
		return nil, err
	}
	profiles := make([]Profile, 0, len(kept))
	for _, profile := range kept {
		profiles = append(profiles, profile)
	}
	slices.SortFunc(profiles, func(a, b Profile) int { return strings.Compare(a.Name, b.Name) })
	return profiles, nil
}

// Profile returns one. The *Fault of a name that is not there matches ErrUnknown,
// and names the nearest.
func (s *Store) Profile(name string) (Profile, error) {
	kept, err := s.read()
	if err != nil {
		return Profile{}, err
	}
	if profile, found := kept[name]; found {
		return profile, nil
	}
	return Profile{}, unknown(name, kept)
}

func unknown(name string, kept map[string]Profile) error {
	var names []string
	for known := range kept {
		names = append(names, known)
	}
	slices.Sort(names)
	next := fmt.Sprintf("Sign in with: posthog-org-mcp login --profile %s.", name)
	switch near := nearest.Words(name, names, 2); {
	case len(near) > 0:
		next = "Did you mean " + strings.Join(near, " or ") + "? Or sign in" + strings.TrimPrefix(next, "Sign in")
	case len(names) > 0:
		next = "Profiles: " + strings.Join(names, ", ") + ". Or sign in" + strings.TrimPrefix(next, "Sign in")
	}
	return &Fault{What: fmt.Sprintf("There is no profile %q.", name), Next: next, kind: ErrUnknown}
}

// names are plain, because they stand in commands, file names and messages.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// CheckName says what is wrong with the name of a profile, or nil.
func CheckName(name string) error {
	if plainName.MatchString(name) {
		return nil
	}
	return &Fault{
		What: "The name of a profile is made of letters, digits, dots, dashes and underscores, 40 at most.",
		Next: "Choose another one, such as work.",
	}
}

// entryOf is the pattern of what Save calls the secrets of a profile. Nothing
// else is looked for: the name of an entry becomes that of a file.
func entryOf(name string) *regexp.Regexp {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(name) + `-[a-z2-7]{8}$`)
}

// Save keeps a profile and its secret, in the place that profile.Kept names; an
// empty one is the keyring where there is one, and else a file. It returns the
// profile as it is kept. One of the same name is replaced, and its secret removed.
//
// It first keeps the secret and then the profile, so that a profile always has one.
func (s *Store) Save(ctx context.Context, profile Profile, secret Secret) (Profile, error) {
	if err := CheckName(profile.Name); err != nil {
		return Profile{}, err
	}
	profile.Entry = profile.Name + "-" + strings.ToLower(rand.Text()[:8])
	if profile.SignedIn.IsZero() {
		profile.SignedIn = time.Now().UTC().Truncate(time.Second)
	}
	if err := s.makeFolder(); err != nil {
		return Profile{}, err
	}
	unlock, err := s.lockRenewing(ctx, profile.Name)
	if err != nil {
		return Profile{}, err
	}
	defer unlock()
	var replaced *Profile
	err = s.changed(ctx, func(kept map[string]Profile) error {
		if old, found := kept[profile.Name]; found {
			replaced = &old
		}
		if err := s.keep(ctx, &profile, secret); err != nil {
			return err
		}
		kept[profile.Name] = profile
		return nil
	})
	if err != nil {
		_ = s.remove(ctx, profile) // A secret without its profile leads nowhere.
		return Profile{}, err
	}
	if replaced != nil {
		gone := s.forgotten(ctx, *replaced)
		profile.Replaced = &gone
		_ = s.remove(ctx, *replaced) // What is left of it leads nowhere.
	}
	return profile, nil
}

// keep puts a secret into the place that was asked for, or the first that takes it.
func (s *Store) keep(ctx context.Context, profile *Profile, secret Secret) error {
	places := []Place{InKeyring, InFile}
	if profile.Kept != "" {
		places = []Place{profile.Kept}
	}
	var err error
	for _, place := range places {
		if err = s.vault(place, patient).set(ctx, profile.Entry, secret.encode(*profile)); err == nil {
			profile.Kept = place
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		profile.NotInKeyring = err.Error()
	}
	var fault *Fault
	if errors.As(err, &fault) {
		return err
	}
	next := "Make the folder writable for you, or make room on the disk"
	switch {
	case places[len(places)-1] == InKeyring:
		next = "Use --store file to keep it in a file that only you can read"
	case len(places) == 1 && s.options.Keyring != nil:
		next += ", or use --store keyring"
	}
	return &Fault{
		What: fmt.Sprintf("The secret cannot be kept in the %s: %v.", places[len(places)-1], visible.Cause(err)), Next: next + ".", Err: err,
	}
}

// Secret returns what a profile opens the API with. It asks the keyring only
// where the secret is there, and for ten seconds at most: a *Fault says what
// stands in the way. It matches ErrChanged when the secret was kept for another
// host or sign-in than the profile names.
func (s *Store) Secret(ctx context.Context, profile Profile) (Secret, error) {
	text, err := s.vault(profile.Kept, prompt).get(ctx, profile.Entry)
	if err != nil {
		return Secret{}, s.notThere(profile, err)
	}
	return decode(profile, text)
}

// put replaces the secret of a profile that is there.
func (s *Store) put(ctx context.Context, profile Profile, secret Secret) error {
	return s.vault(profile.Kept, prompt).set(ctx, profile.Entry, secret.encode(profile))
}

// Forget removes a profile and its secret, and returns what both were. The
// profile goes first: a secret that could not be removed is the error, and leads
// nowhere by then. A renewal that is under way is waited for, so that the tokens
// are the last ones.
func (s *Store) Forget(ctx context.Context, name string) (Forgotten, error) {
	if err := CheckName(name); err != nil {
		return Forgotten{}, err
	}
	if err := s.makeFolder(); err != nil {
		return Forgotten{}, err
	}
	unlock, err := s.lockRenewing(ctx, name)
	if err != nil {
		return Forgotten{}, err
	}
	defer unlock()
	var profile Profile
	err = s.changed(ctx, func(kept map[string]Profile) error {
		var found bool
		if profile, found = kept[name]; !found {
			return unknown(name, kept)
		}
		delete(kept, name)
		return nil
	})
	if err != nil {
		return Forgotten{}, err
	}
	gone := s.forgotten(ctx, profile)
	return gone, s.remove(ctx, profile)
}

func (s *Store) forgotten(ctx context.Context, profile Profile) Forgotten {
	secret, err := s.Secret(ctx, profile)
	return Forgotten{Profile: profile, Secret: secret, Unread: err}
}

func (s *Store) remove(ctx context.Context, profile Profile) error {
	err := s.vault(profile.Kept, patient).remove(ctx, profile.Entry)
	if err == nil || isMissing(err) {
		return nil
	}
	return &Fault{
		What: fmt.Sprintf("The secret of the profile %q stays in %s: %v.", profile.Name, s.Where(profile), visible.Cause(err)),
		Next: "Remove the entry " + profile.Entry + " there by hand.", Err: err,
	}
}

// Where says for people in which place the secret of a profile is.
func (s *Store) Where(profile Profile) string {
	if profile.Kept == InFile {
		return s.secretFile(profile.Entry)
	}
	return "the system's keyring"
}

// again is the advice to sign in once more.
func again(profile Profile) string {
	return "Sign in again: posthog-org-mcp login --profile " + cmp.Or(profile.Name, DefaultName) + "."
}
