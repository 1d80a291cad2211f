package config

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/signin"
)

// The settings of sign-ins.
const (
	profileFlag     = "profile"
	profileVariable = "POSTHOG_MCP_PROFILE"
	clientFlag      = "oauth-client-id"
)

// Profiles are the user's own, where an environment (as os.Environ gives it) says
// that they are. Nothing is read yet.
func Profiles(environ []string) *credentials.Store { return profilesIn(variables(environ)) }

func profilesIn(environment map[string]string) *credentials.Store {
	keyring, none := credentials.SystemKeyring(runtime.GOOS, environment)
	return credentials.Open(credentials.Options{
		Folder: configDirectory(runtime.GOOS, environment), Keyring: keyring, NoKeyring: none,
	})
}

// profileNamed reads which profile to use, before the settings that it has
// defaults for. The one called default is used where somebody has made it and
// nobody says where else a key comes from.
func (l *loader) profileNamed(v value) {
	implied := v.where == ""
	if implied && l.keyGiven {
		return
	}
	store := profilesIn(l.environment)
	profile, err := store.Profile(v.text)
	if implied && errors.Is(err, credentials.ErrUnknown) {
		return
	}
	if v.where == "" {
		v.where = fmt.Sprintf("The profile %q", v.text)
	}
	l.keys = append(l.keys, v)
	if err == nil {
		err = l.profileUsable(profile)
	}
	if err != nil {
		l.keyBlank = true // What is wrong with the key's source is told here.
		l.profileFault(v, err)
		return
	}
	l.profile, l.store = &profile, store
	l.config.Profile = profile.Name
}

// profileUsable checks what stands in a file that people can edit.
func (l *loader) profileUsable(profile credentials.Profile) error {
	host, err := url.Parse(profile.Host)
	if err == nil {
		_, err = apiclient.CheckHost(host)
	}
	if err != nil {
		return &credentials.Fault{
			What: fmt.Sprintf("It is for the host %s, which cannot be used.", Quote(profile.Host)),
			Next: "Sign in again: posthog-org-mcp login --profile " + profile.Name + ".", Err: err,
		}
	}
	if _, err := apiclient.ParseOrganizationID(profile.Organization); profile.Organization != "" && err != nil {
		return &credentials.Fault{
			What: fmt.Sprintf("It names the organization %s, which is no id.", Quote(profile.Organization)),
			Next: "Sign in again: posthog-org-mcp login --profile " + profile.Name + ".", Err: err,
		}
	}
	return nil
}

// profileFault tells what is wrong with a profile or its secret.
func (l *loader) profileFault(v value, err error) {
	var fault *credentials.Fault
	if errors.As(err, &fault) {
		l.fail(v.where+":", fault.What, fault.Next)
		return
	}
	l.fail(v.where+":", fmt.Sprintf("the profile cannot be used: %v.", err), "Sign in again: posthog-org-mcp login.")
}

// profileHost is where the profile leads when nobody says where to go.
func (l *loader) profileHost() {
	l.config.Host, _ = url.Parse(l.profile.Host) // profileUsable has tried it
}

func (l *loader) clientID(v value) {
	if err := signin.CheckClientID(v.text); err != nil {
		l.fail(v.where, fmt.Sprintf("is %s, which cannot be used: %s.", Quote(v.text), strings.TrimSuffix(err.Error(), ".")),
			"Give the https address of the document that was published for this program. Without the setting, login asks for a key.")
		return
	}
	l.config.ClientID = v.text
}

// keepsToHost refuses to send a profile's key to another host than its own.
func (l *loader) keepsToHost(v value) {
	if l.profile == nil || l.config.Host == nil || l.config.Host.String() == l.profile.Host {
		return
	}
	l.fail(v.where, fmt.Sprintf("is %s, but the profile %q is for %s, and its key is sent to no other host.", l.config.Host, l.profile.Name, l.profile.Host),
		fmt.Sprintf("Leave %s out, or sign in there as well: posthog-org-mcp login --host %s --profile NAME.", v.where, l.config.Host))
}

// readProfile gets the key of the profile in use. It reads the keyring or a file,
// and asks nobody on the network.
func (l *loader) readProfile(ctx context.Context, v value) (string, *secretFault) {
	secret, err := l.store.Secret(ctx, *l.profile)
	var fault *credentials.Fault
	switch {
	case errors.As(err, &fault):
		return "", &secretFault{fault.What, fault.Next}
	case err != nil:
		return "", &secretFault{err.Error() + ".", "Sign in again: posthog-org-mcp login --profile " + l.profile.Name + "."}
	}
	l.config.Keys = l.store.Keys(*l.profile, secret, nil)
	return secret.Key.Reveal(), nil
}
