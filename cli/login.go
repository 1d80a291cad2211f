package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/cli/browser"
	"github.com/spf13/cobra"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/signin"
)

// signing is what login was told besides settings.
type signing struct {
	config.Login
	store                  string
	withKey, browser, open bool
}

func (a *app) login() *cobra.Command {
	var told signing
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in to PostHog, and keep the key in the system's keyring",
		Long: `Signs in to PostHog, once: the server then needs no other key. It says where to
make a personal API key and which scopes to tick, reads the key without showing
it, finds out whose it is and what it can do, and keeps it in the system's keyring
(macOS, Windows, Secret Service), or in a file that only you can read where there
is none. From a pipe it reads the key without asking anything.

With --oauth-client-id it signs in in the browser instead, where PostHog has that.

--profile keeps several sign-ins apart, such as those of two organizations; the
server uses the one called default unless it is told another name.`,
		Example: `  posthog-org-mcp login
  posthog-org-mcp login --host eu --profile work
  posthog-org-mcp login --host us --open --store file`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			var err error
			if told.Login, err = config.LoadLogin(cmd.Flags(), a.streams.Environ); err != nil {
				return err
			}
			if err := told.check(cmd); err != nil {
				return err
			}
			err = a.signIn(ctx, told)
			if err != nil && ctx.Err() != nil {
				return errInterrupted
			}
			return err
		},
	}
	cmd.Flags().StringVar(&told.store, "store", "", "`PLACE` to keep the key in: keyring or file; without it the keyring, where there is one")
	cmd.Flags().BoolVar(&told.withKey, "with-key", false, "sign in with a personal API key, whatever else there is")
	cmd.Flags().BoolVar(&told.browser, "browser", false, "sign in in the browser, or not at all")
	cmd.Flags().BoolVar(&told.open, "open", false, "open PostHog's page for keys in the browser")
	config.Register(cmd.Flags(), config.LoginFlags()...)
	return cmd
}

func (s signing) check(cmd *cobra.Command) error {
	switch {
	case s.withKey && s.browser:
		return &usageError{cmd, "--with-key and --browser contradict each other."}
	case s.store != "" && s.store != string(credentials.InKeyring) && s.store != string(credentials.InFile):
		return &usageError{cmd, fmt.Sprintf("--store is %s, but it takes keyring or file.", config.Quote(s.store))}
	}
	return nil
}

// signIn is the whole sign-in, by the way that there is.
func (a *app) signIn(ctx context.Context, told signing) error {
	person := newAnswers(a.streams)
	store := config.Profiles(a.streams.Environ)
	if err := a.lookAtOld(store, &told); err != nil {
		return err
	}
	if err := a.askForHost(ctx, &told, person); err != nil {
		return err
	}
	profile, secret, err := a.secretFor(ctx, told, person)
	if err != nil {
		return err
	}
	a.redactor.Learn(secret.Key, secret.Refresh)
	found, err := a.lookAround(ctx, told, secret.Key)
	if err != nil {
		return err
	}
	if err := a.tellHolder(found.identity); err != nil {
		return err
	}
	if err := a.chooseOrganization(ctx, told, found, person, &profile); err != nil {
		return err
	}
	profile.Name, profile.Kept = told.Profile, credentials.Place(told.store)
	profile.Host = found.host.String()
	profile.Label = found.identity.Key.Label
	if owner := found.identity.Owner; owner != nil {
		profile.Owner = owner.Email
	}
	saved, err := store.Save(ctx, profile, secret)
	if err != nil {
		return err
	}
	a.tellKept(store, saved, told)
	a.endReplaced(ctx, saved)
	return nil
}

// endReplaced ends the sign-in in the browser whose place a new one took.
func (a *app) endReplaced(ctx context.Context, saved credentials.Profile) {
	if saved.Replaced == nil || saved.Replaced.Profile.Kind != credentials.OAuth {
		return
	}
	a.redactor.Learn(saved.Replaced.Secret.Key, saved.Replaced.Secret.Refresh)
	if err := a.revoke(ctx, *saved.Replaced); err != nil {
		a.say("The sign-in that it replaces could not be ended at PostHog: %v", err)
		return
	}
	a.say("The sign-in that it replaces is ended at PostHog.")
}

// lookAtOld says what a sign-in takes the place of, and takes its host where nobody
// named one: the next key is sent nowhere else. A new profile replaces nothing.
func (a *app) lookAtOld(store *credentials.Store, told *signing) error {
	old, err := store.Profile(told.Profile)
	switch {
	case err == nil:
		a.sayFolded("This will replace the key of the profile %q%s at %s.", old.Name, ownedBy(old), onOneLine(old.Host))
	case told.Host != nil || errors.Is(err, credentials.ErrUnknown):
		return nil
	default:
		return err
	}
	if told.Host != nil {
		return nil
	}
	if told.Host, err = config.ParseHost(old.Host); err != nil {
		return fmt.Errorf("the profile %q is for the host %s, which cannot be used.\nSay where to sign in with --host", old.Name, config.Quote(old.Host))
	}
	a.say("The profile %q is at %s; another one with --host.", old.Name, told.Host)
	return nil
}

// ownedBy is whose a profile is, behind its name.
func ownedBy(profile credentials.Profile) string {
	if profile.Owner == "" {
		return ""
	}
	return " <" + onOneLine(profile.Owner) + ">"
}

// askForHost asks which PostHog it is. Enter leaves that to the key, and so does
// a pipe: it is tried at both clouds.
func (a *app) askForHost(ctx context.Context, told *signing, person *answers) error {
	if told.Host != nil || !person.terminal {
		return nil
	}
	a.sayFolded("Where is your PostHog? Type us, eu, or its address; or press Enter to find out by the key:")
	typed, err := person.next(ctx)
	if err != nil || typed == "" {
		return err
	}
	told.Host, err = config.ParseHost(typed)
	return err
}

// secretFor gets a key or tokens from the person. The profile has what only that
// way in knows.
func (a *app) secretFor(ctx context.Context, told signing, person *answers) (credentials.Profile, credentials.Secret, error) {
	var profile credentials.Profile
	var otherwise string                                  // why there is no sign-in in the browser
	if told.browser || person.terminal && !told.withKey { // a pipe brings a key
		profile, secret, err := a.inBrowser(ctx, told)
		if err == nil || told.browser || !errors.Is(err, signin.ErrNoSignIn) {
			return profile, secret, err
		}
		otherwise = upperFirst(err.Error())
		if told.ClientID == "" {
			otherwise = "A sign-in in the browser needs --oauth-client-id; see docs/signing-in.md."
		}
	}
	key, err := a.askForKey(ctx, told, person, otherwise)
	profile.Kind = credentials.PersonalKey
	return profile, credentials.Secret{Key: key}, err
}

// inBrowser signs in in the browser. The error matches signin.ErrNoSignIn where
// that way does not exist.
func (a *app) inBrowser(ctx context.Context, told signing) (credentials.Profile, credentials.Secret, error) {
	var profile credentials.Profile
	var secret credentials.Secret
	switch {
	case told.ClientID == "":
		return profile, secret, fmt.Errorf("%w without --oauth-client-id (POSTHOG_MCP_OAUTH_CLIENT_ID), by which PostHog would know this program", signin.ErrNoSignIn)
	case told.Host == nil && told.browser:
		return profile, secret, errors.New("a sign-in in the browser needs to know where: --host us, --host eu or an address")
	case told.Host == nil:
		return profile, secret, fmt.Errorf("%w, because nobody said which PostHog it is (--host)", signin.ErrNoSignIn)
	}
	client := signin.NewClient(a.build.userAgent())
	server, err := signin.Discover(ctx, told.Host, client)
	if err != nil {
		return profile, secret, err
	}
	scopes := config.Scopes(told.ReadOnly)
	token, err := signin.SignIn(ctx, signin.Request{
		Server: server, ClientID: told.ClientID, Scopes: scopes, HTTP: client,
		Open: func(_ context.Context, address string) error {
			a.say("Sign in in your browser; if it does not open by itself, go to:\n  %s", address)
			a.openPage(address)
			return nil
		},
	})
	if err != nil {
		return profile, secret, err
	}
	profile.Kind, profile.ClientID, profile.Server, profile.Scopes = credentials.OAuth, told.ClientID, &server, token.Scopes
	return profile, credentials.SecretOf(token), nil
}

// openPage opens a page in the browser, if it can. Whoever needs the page has its
// address before their eyes.
func (a *app) openPage(address string) {
	if a.open != nil {
		a.open(address)
		return
	}
	go func() {
		browser.Stdout, browser.Stderr = io.Discard, io.Discard // stdout is ours
		_ = browser.OpenURL(address)
	}()
}

// askForKey shows where keys are made, and reads one. It says why it is not done
// otherwise; "" is nothing to say.
func (a *app) askForKey(ctx context.Context, told signing, person *answers, otherwise string) (redact.Secret, error) {
	hosts := a.hostsFor(told)
	if person.terminal {
		var pages []string
		for _, host := range hosts {
			pages = append(pages, host.JoinPath(config.KeyPage).String())
		}
		// PostHog's page takes the name of a set of scopes in its address, but has none
		// for what is needed here.
		a.say("Make a personal API key at\n  %s\nand tick these scopes there:\n  %s", strings.Join(pages, "\n  or, in the other region, at "), strings.Join(config.Scopes(told.ReadOnly), "\n  "))
		if told.open {
			a.openPage(pages[0])
		}
		if otherwise != "" {
			a.sayFolded("(%s.)", strings.TrimSuffix(otherwise, "."))
		}
		a.sayFolded("Then paste the key here and press Enter. It is not shown.")
	}
	key, err := a.readSecret(ctx, person)
	if err != nil {
		return redact.Secret{}, err
	}
	a.redactor.Learn(key)
	if key.IsZero() {
		return redact.Secret{}, errors.New("there was no key; nothing is kept")
	}
	if err := config.CheckKey(key); err != nil {
		return redact.Secret{}, fmt.Errorf("what was given %w", err)
	}
	return key, nil
}

// hostsFor are where a key may belong.
func (a *app) hostsFor(told signing) []*url.URL {
	switch {
	case told.Host != nil:
		return []*url.URL{told.Host}
	case a.clouds != nil:
		return a.clouds
	default:
		return config.Clouds()
	}
}

// tellKept says where the secret is by now, and what to do next.
func (a *app) tellKept(store *credentials.Store, saved credentials.Profile, told signing) {
	a.sayFolded("The profile %q is kept, its secret in %s.", saved.Name, store.Where(saved))
	if saved.NotInKeyring != "" {
		a.sayFolded("(It is not in the system's keyring: %s.)", strings.TrimSuffix(saved.NotInKeyring, "."))
	}
	with := ""
	if saved.Name != credentials.DefaultName {
		with = " --profile " + saved.Name
	}
	if told.ReadOnly {
		with += " --read-only"
	}
	a.sayFolded("Next: %s install%s puts the server into your assistant.", Name, with)
}

// organizationOf is what tools work on with a profile.
func organizationOf(profile credentials.Profile) apiclient.OrganizationID {
	if profile.Organization == "" {
		return apiclient.CurrentOrganization
	}
	return apiclient.OrganizationID(profile.Organization)
}
