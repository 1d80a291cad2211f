package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/signin"
)

func (a *app) logout() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Forget a sign-in, and remove its key from the keyring",
		Long: `Forgets a profile, and removes its secret from the keyring or the file that it
is in. A sign-in in the browser is ended at PostHog as well. A personal API key
stays valid until it is deleted on PostHog's page for keys.`,
		Example: `  posthog-org-mcp logout
  posthog-org-mcp logout --profile work
  posthog-org-mcp logout --all`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilInterrupted(cmd.Context())
			defer stop()
			told, err := config.LoadLogin(cmd.Flags(), a.streams.Environ)
			if err != nil {
				return err
			}
			if all && cmd.Flags().Changed("profile") {
				return &usageError{cmd, "--profile and --all contradict each other."}
			}
			store := config.Profiles(a.streams.Environ)
			names := []string{told.Profile}
			if all {
				if names, err = namesOf(store); err != nil {
					return err
				}
			}
			return a.forget(ctx, store, names)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "forget every profile")
	config.Register(cmd.Flags(), "profile")
	return cmd
}

func namesOf(store *credentials.Store) ([]string, error) {
	profiles, err := store.Profiles()
	var names []string
	for _, profile := range profiles {
		names = append(names, profile.Name)
	}
	return names, err
}

// forget forgets profiles. What goes wrong with one does not keep the others.
func (a *app) forget(ctx context.Context, store *credentials.Store, names []string) error {
	if len(names) == 0 {
		a.say("There is no profile to forget.")
	}
	var failed []error
	for _, name := range names {
		if err := a.forgetOne(ctx, store, name); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func (a *app) forgetOne(ctx context.Context, store *credentials.Store, name string) error {
	gone, err := store.Forget(ctx, name)
	a.redactor.Learn(gone.Secret.Key, gone.Secret.Refresh)
	if err != nil {
		return err
	}
	profile := gone.Profile
	a.say("The profile %q is forgotten, and its secret removed.", name)
	if profile.Kind != credentials.OAuth {
		a.say("The key itself stays valid until you delete it at %s.", profile.Host+config.KeyPage)
		return nil
	}
	if err := a.revoke(ctx, gone); err != nil {
		return fmt.Errorf("the sign-in is forgotten here, but not ended at PostHog: %w", err)
	}
	a.say("The sign-in is ended at PostHog as well.")
	return nil
}

// revoke ends a sign-in at PostHog. Without its secret it can only be forgotten.
func (a *app) revoke(ctx context.Context, gone credentials.Forgotten) error {
	profile, secret := gone.Profile, gone.Secret
	if gone.Unread != nil {
		return gone.Unread
	}
	if profile.Server == nil {
		return errors.New("it is not known where. It ends there by itself")
	}
	if err := credentials.CheckServer(profile); err != nil {
		return err
	}
	token := signin.Token{Access: secret.Key, Refresh: secret.Refresh, Expires: secret.Expires}
	return signin.Revoke(ctx, *profile.Server, profile.ClientID, token, signin.NewClient(a.build.userAgent()))
}
