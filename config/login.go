package config

import (
	"net/url"
	"slices"

	"github.com/spf13/pflag"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/credentials"
)

// Login is what a sign-in was told. Zero is not told.
type Login struct {
	Profile      string // a name that a profile can have; credentials.DefaultName when nobody said
	Host         *url.URL
	Organization apiclient.OrganizationID
	ReadOnly     bool   // a key that only reads is enough
	ClientID     string // for a sign-in in the browser
}

// LoginFlags are the settings that LoadLogin reads, as Register takes them.
func LoginFlags() []string {
	return []string{profileFlag, "host", "organization", "read-only", clientFlag}
}

// LoadLogin is Load for the settings that a sign-in needs. No profile has to be
// there for it, and no key.
func LoadLogin(flags *pflag.FlagSet, environ []string) (Login, error) {
	l := &loader{environment: variables(environ)}
	l.unknownVariables()
	login := Login{Profile: credentials.DefaultName}
	for _, setting := range Settings() {
		value := setting.lookup(flags, l.environment)
		switch {
		case !slices.Contains(LoginFlags(), setting.Flag) || value.where == "":
		case value.isPlaceholder():
			l.placeholder(value)
		case setting.Flag == profileFlag:
			login.Profile = l.profileName(value)
		default:
			setting.apply(l, value)
		}
	}
	loaded, err := l.loaded()
	login.Host, login.Organization = loaded.Host, loaded.Organization
	login.ReadOnly, login.ClientID = loaded.ReadOnly, loaded.ClientID
	return login, err
}

func (l *loader) profileName(v value) string {
	if err := credentials.CheckName(v.text); err != nil {
		l.profileFault(v, err)
	}
	return v.text
}

// Clouds are the addresses of PostHog Cloud, one a region.
func Clouds() []*url.URL {
	return []*url.URL{{Scheme: "https", Host: cloudUS}, {Scheme: "https", Host: cloudEU}}
}

// ParseHost takes what a person types for the address of a PostHog: us, eu or an
// address. The error is what Load would say.
func ParseHost(typed string) (*url.URL, error) {
	l := &loader{}
	l.host(value{text: typed, where: "This"})
	config, err := l.loaded()
	return config.Host, err
}
