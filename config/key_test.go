package config_test

import (
	"strings"
	"testing"
)

func TestEveryKindOfUsableKeyIsAccepted(t *testing.T) {
	for name, key := range map[string]string{
		"personal API key":   canary,
		"OAuth access token": "pha_0123456789abcdefABCDEF",
		"older key":          "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRST",
		"blanks around it":   "  " + canary + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustLoad(t, env{"POSTHOG_PERSONAL_API_KEY": key}).Key.Reveal(); got != strings.TrimSpace(key) {
				t.Error("the key was changed on its way")
			}
		})
	}
}

func TestAKeyThatCannotBeOneIsExplained(t *testing.T) {
	const page = "https://us.posthog.com/settings/user-api-keys"
	for _, test := range []struct{ name, value, says, advises string }{
		{"public token", "phc_CANARYcanaryCANARY0123456789abcdef", "public project token", page},
		{"project secret", "phs_CANARYcanaryCANARY0123456789abcdef", "project's secret key", page},
		{"refresh token", "phr_CANARYcanaryCANARY0123456789abcdef", "refresh token", page},
		{"client's placeholder", "${POSTHOG_PERSONAL_API_KEY}", "placeholder", page},
		{"client's input", "${input:CANARY}", "placeholder", page},
		{"template", "{{ CANARY }}", "placeholder", page},
		{"shell variable", "$POSTHOG_KEY", "placeholder", page},
		{"Windows variable", "%POSTHOG_KEY%", "placeholder", page},
		{"blank to fill in", "<your key>", "placeholder", page},
		{"stand-in", "your-api-key", "placeholder", page},
		{"stand-in with prefix", "phx_your_key_here", "placeholder", page},
		{"row of x", "phx_xxxxxxxxxxxx", "placeholder", page},
		{"dots", "phx_...", "shortened", page},
		{"masked key", "phx_CANA…cdef", "shortened", page},
		{"header", "Bearer " + canary, "Bearer", "only the key"},
		{"quotes", `"` + canary + `"`, "quotation marks", "only the key"},
		{"typographic quotes", "“" + canary + "”", "quotation marks", "only the key"},
		{"backslash", canary + `\x`, "no key has", "again"},
		{"entity", canary + "&amp;", "no key has", "again"},
		{"password manager's reference", "op://Private/CANARY/key", "password manager", "POSTHOG_PERSONAL_API_KEY_COMMAND"},
		{"two lines", canary + "\n" + canary, "more than one line", "Only the key"},
		{"blank inside", canary + " " + canary, "blank inside", "again"},
		{"no-break space", canary + "\u00a0x", "blank inside", "again"},
		{"NUL", canary + "\x00x", "control character", "again"},
		{"escape", canary + "\x1b[0m", "control character", "again"},
		{"not ASCII", canary + "é", "not ASCII", "again"},
		{"not UTF-8", canary + "\xff", "not ASCII", "again"},
		{"too short", "CANARY", "too short", page},
		{"too long", strings.Repeat(canary, 200), "too long", page},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": test.value})
			refused(t, err, "POSTHOG_PERSONAL_API_KEY", test.says, test.advises)
			if strings.Contains(err.Error(), "CANA") || strings.Contains(err.Error(), test.value) {
				t.Errorf("the message repeats the value:\n%v", err)
			}
		})
	}
}

func TestAMissingKeyIsAnsweredWithHowToGetOne(t *testing.T) {
	_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": ""})
	refused(t, err, "", "no PostHog API key", "https://us.posthog.com/settings/user-api-keys", "organization:write, organization_member:read, project:read, user:read",
		"POSTHOG_PERSONAL_API_KEY", "POSTHOG_PERSONAL_API_KEY_FILE", "POSTHOG_PERSONAL_API_KEY_COMMAND", "--sandbox", "POSTHOG_HOST=eu")
}

func TestAdviceOnAKeyNamesTheConfiguredHostAndTheScopesThatAreNeeded(t *testing.T) {
	_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": ""}, "--host", "eu", "--read-only")
	refused(t, err, "", "https://eu.posthog.com/settings/user-api-keys", "organization:read, organization_member:read")
	if strings.Contains(err.Error(), "organization:write") || strings.Contains(err.Error(), "us.posthog.com") {
		t.Errorf("got:\n%v", err)
	}
}

func TestTwoSourcesForTheKeyAreRefusedByName(t *testing.T) {
	_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": canary, "POSTHOG_PERSONAL_API_KEY_FILE": "/nowhere"})
	refused(t, err, "POSTHOG_PERSONAL_API_KEY and POSTHOG_PERSONAL_API_KEY_FILE", "Keep one")
	_, err = load(t, env{"POSTHOG_PERSONAL_API_KEY": canary}, "--key-command", "print")
	refused(t, err, "POSTHOG_PERSONAL_API_KEY and --key-command", "Keep one")
}

func TestAKeyInThePlaceOfItsFileOrCommandIsRecognised(t *testing.T) {
	for _, variable := range []string{"POSTHOG_PERSONAL_API_KEY_FILE", "POSTHOG_PERSONAL_API_KEY_COMMAND"} {
		for _, key := range []string{canary, "CANARYijkmnopqrstuvwxyz0123456789abcdef"} {
			_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": "", variable: key})
			refused(t, err, variable, "looks like the key itself")
		}
	}
}

func TestAPlaceholderInAKeysSourceIsReportedOnce(t *testing.T) {
	for _, variable := range []string{"POSTHOG_PERSONAL_API_KEY_FILE", "POSTHOG_PERSONAL_API_KEY_COMMAND"} {
		_, err := load(t, env{"POSTHOG_PERSONAL_API_KEY": "", variable: "${POSTHOG_KEY}"})
		refused(t, err, variable, "placeholder")
	}
}
