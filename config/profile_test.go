package config_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
)

const profileKey = "phx_CANARYprofile0123456789abcdefgh"

// signedIn is an environment whose user has these profiles, in files.
func signedIn(t *testing.T, profiles ...credentials.Profile) []string {
	t.Helper()
	home := t.TempDir()
	environ := []string{"HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + filepath.Join(home, "AppData")}
	for _, profile := range profiles {
		profile.Kept, profile.Kind = credentials.InFile, credentials.PersonalKey
		if _, err := config.Profiles(environ).Save(t.Context(), profile, credentials.Secret{Key: redact.NewSecret(profileKey)}); err != nil {
			t.Fatal(err)
		}
	}
	return environ
}

// flagsOf are the flags of a command line.
func flagsOf(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags
}

const work = "018f2c3e-5a6b-7c8d-9e0f-102132435465"

func TestTheConfigDirectoryFollowsTheSystemsRules(t *testing.T) {
	for _, test := range []struct {
		system      string
		environment env
		want        string
	}{
		{"linux", env{"HOME": "/home/ana", "XDG_CONFIG_HOME": "/etc/ana"}, "/etc/ana/posthog-org-mcp"},
		{"linux", env{"HOME": "/home/ana", "XDG_CONFIG_HOME": "config"}, "/home/ana/.config/posthog-org-mcp"},
		{"openbsd", env{"HOME": "/home/ana"}, "/home/ana/.config/posthog-org-mcp"},
		{"darwin", env{"HOME": "/Users/ana", "XDG_CONFIG_HOME": "/etc/ana"}, "/Users/ana/Library/Application Support/posthog-org-mcp"},
		{"windows", env{"APPDATA": `C:\Roaming`, "USERPROFILE": `C:\Ana`, "HOME": "/c/ana"}, `C:\Ana/.posthog-org-mcp`},
		{"linux", env{}, ""}, {"linux", env{"HOME": "ana"}, ""}, {"darwin", env{}, ""}, {"windows", env{"HOME": "/c/ana"}, ""},
	} {
		if got := config.ConfigDirectory(test.system, test.environment); got != filepath.FromSlash(test.want) {
			t.Errorf("%s, %v: got %q, want %q", test.system, test.environment, got, test.want)
		}
	}
}

func TestAProfileBringsItsKeyHostAndOrganization(t *testing.T) {
	environ := signedIn(t,
		credentials.Profile{Name: "default", Host: "https://us.posthog.com"},
		credentials.Profile{Name: "work", Host: "https://eu.posthog.com", Organization: work})
	for _, test := range []struct {
		name                        string
		more, flags                 []string
		profile, host, organization string
		key                         string
	}{
		{"nobody names one", nil, nil, "default", "https://us.posthog.com", "@current", profileKey},
		{"by flag", nil, []string{"--profile", "work"}, "work", "https://eu.posthog.com", work, profileKey},
		{"by variable", []string{"POSTHOG_MCP_PROFILE=work"}, nil, "work", "https://eu.posthog.com", work, profileKey},
		{"an organization that is given wins", nil, []string{"--profile", "work", "--organization", "@current"}, "work", "https://eu.posthog.com", "@current", profileKey},
		{"the host may be named", []string{"POSTHOG_HOST=eu"}, []string{"--profile", "work"}, "work", "https://eu.posthog.com", work, profileKey},
		{"a key that is given wins over the default", []string{"POSTHOG_HOST=eu", "POSTHOG_PERSONAL_API_KEY=" + canary}, nil, "", "https://eu.posthog.com", "@current", canary},
	} {
		t.Run(test.name, func(t *testing.T) {
			loaded, err := config.Load(t.Context(), flagsOf(t, test.flags...), append(environ, test.more...))
			if err != nil {
				t.Fatal(err)
			}
			if loaded.Profile != test.profile || loaded.Host.String() != test.host || string(loaded.Organization) != test.organization || loaded.Key.Reveal() != test.key {
				t.Errorf("got profile %q, host %s, organization %s", loaded.Profile, loaded.Host, loaded.Organization)
			}
			if (loaded.Keys != nil) != (test.profile != "") {
				t.Errorf("keys %v", loaded.Keys)
			}
		})
	}
}

func TestAProfileThatCannotBeUsedSaysWhy(t *testing.T) {
	environ := signedIn(t, credentials.Profile{Name: "work", Host: "https://eu.posthog.com", Organization: work},
		credentials.Profile{Name: "edited", Host: "http://eu.posthog.com"})
	broken := signedIn(t, credentials.Profile{Name: "default", Host: "https://eu.posthog.com"})
	if err := os.WriteFile(config.Profiles(broken).File(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		environ, flags []string
		says           []string
	}{
		"no key at all":    {environ, nil, []string{"There is no PostHog API key.", "posthog-org-mcp login"}},
		"unknown":          {environ, []string{"--profile", "worl"}, []string{`--profile: There is no profile "worl".`, "Did you mean work?", "posthog-org-mcp login --profile worl"}},
		"two sources":      {append(environ, "POSTHOG_PERSONAL_API_KEY="+canary), []string{"--profile", "work"}, []string{"--profile and POSTHOG_PERSONAL_API_KEY are set at the same time"}},
		"another host":     {environ, []string{"--profile", "work", "--host", "us"}, []string{`--host is https://us.posthog.com, but the profile "work" is for https://eu.posthog.com`, "Leave --host out"}},
		"an edited host":   {environ, []string{"--profile", "edited"}, []string{"cannot be used", "login --profile edited"}},
		"a broken file":    {broken, nil, []string{`The profile "default": The profiles in`, "line 1, column 1", "left as it is"}},
		"a limit":          {environ, []string{"--profile", "work", "--organizations", "5c1d8a94-70c5-4f0e-9d0e-3b5f2f7f1c52"}, []string{`The organization of the profile "work" is`, "is not among those that --organizations allows"}},
		"with the sandbox": {environ, []string{"--profile", "work", "--sandbox"}, []string{"--profile contradicts --sandbox"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(t.Context(), flagsOf(t, test.flags...), test.environ)
			if err == nil {
				t.Fatal("it is taken")
			}
			for _, says := range test.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("no %q in: %v", says, err)
				}
			}
			if strings.Contains(err.Error(), "CANARY") || strings.Count(err.Error(), "\n\n") > 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestProfilesAreNotLookedAtWhereNoneIsUsed(t *testing.T) {
	broken := signedIn(t, credentials.Profile{Name: "default", Host: "https://eu.posthog.com"})
	if err := os.WriteFile(config.Profiles(broken).File(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, run := range [][]string{{"POSTHOG_PERSONAL_API_KEY=" + canary}, {"POSTHOG_MCP_SANDBOX=true", "POSTHOG_MCP_PROFILE=work"}} {
		if _, err := config.Load(t.Context(), nil, append(broken, run...)); err != nil {
			t.Errorf("%q: %v", run[0][:20], err)
		}
	}
}

func TestAKeyInAFileOrFromACommandIsReadAgainWhenItIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	put := func(key string) {
		if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, variable := range map[string]string{
		"file": "POSTHOG_PERSONAL_API_KEY_FILE=" + path, "command": "POSTHOG_PERSONAL_API_KEY_COMMAND=cat " + path,
	} {
		t.Run(name, func(t *testing.T) {
			if name == "command" && os.PathSeparator == '\\' {
				t.Skip("cat is no command here")
			}
			put(canary)
			loaded, err := config.Load(t.Context(), nil, append(signedIn(t), variable))
			if err != nil {
				t.Fatal(err)
			}
			put(canary + "2")
			key, err := loaded.Keys.Renew(t.Context(), loaded.Key)
			if err != nil || key.Reveal() != canary+"2" {
				t.Fatalf("got %v, %v", key, err)
			}
			put(canary + "3")
			// Right after that it is not read again: a command may ask the person.
			if again, err := loaded.Keys.Renew(t.Context(), key); err != nil || !again.Equal(key) {
				t.Errorf("got %v, %v", again, err)
			}
		})
	}
}

func TestAKeyThatIsReadAgainIsCheckedAsTheFirstOneWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for content, says := range map[string]string{"phc_CANARYpublic0123456789": "public project token", "": "is empty", "a b c d e f g": "blank"} {
		if err := os.WriteFile(path, []byte(canary), 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, err := config.Load(t.Context(), nil, append(signedIn(t), "POSTHOG_PERSONAL_API_KEY_FILE="+path))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loaded.Keys.Renew(context.Background(), loaded.Key); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: got %v", says, err)
		}
	}
}

func TestAVariablesKeyCannotChange(t *testing.T) {
	loaded, err := config.Load(t.Context(), nil, append(signedIn(t), "POSTHOG_PERSONAL_API_KEY="+canary))
	if err != nil || loaded.Keys != nil {
		t.Errorf("keys %v, %v", loaded.Keys, err)
	}
}
