package config_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
	"posthog-org-mcp/credentials"
)

func explain(t *testing.T, environ []string, args ...string) config.Explanation {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	return config.Explain(context.Background(), flags, append(environ, "HOME="+home, "USERPROFILE="+home))
}

func origin(t *testing.T, e config.Explanation, flag string) config.Origin {
	t.Helper()
	at := slices.IndexFunc(e.Origins, func(origin config.Origin) bool { return origin.Setting.Flag == flag })
	if at < 0 {
		t.Fatalf("no origin of --%s", flag)
	}
	return e.Origins[at]
}

func TestAnExplanationTellsWhereEachValueComesFrom(t *testing.T) {
	e := explain(t, []string{"POSTHOG_HOST=eu", "POSTHOG_MCP_READ_ONLY=false", "POSTHOG_PERSONAL_API_KEY=phx_abcdefgh0123456789"}, "--read-only")
	for _, want := range []struct{ flag, where, value string }{
		{"host", "POSTHOG_HOST", `"eu"`}, {"read-only", "--read-only", "true"}, {"confirm", "", "ask"}, {"dry-run", "", "off"},
	} {
		if got := origin(t, e, want.flag); got.Where != want.where || got.Value != want.value {
			t.Errorf("--%s is %s by %q, want %s by %q", want.flag, got.Value, got.Where, want.value, want.where)
		}
	}
	if e.Config.Host.Host != "eu.posthog.com" || !e.Config.ReadOnly || e.Config.Key.IsZero() || len(e.Problems)+len(e.KeyProblems) > 0 {
		t.Errorf("%+v", e)
	}
	for _, origin := range e.Origins {
		if strings.Contains(origin.Value, "phx_") {
			t.Errorf("the key is shown as the value of %s", origin.Setting.Variable)
		}
	}
}

func TestAnExplanationGoesOnAfterFaultsAndTellsThoseOfTheKeyApart(t *testing.T) {
	e := explain(t, []string{"POSTHOG_PERSONAL_API_KEY=phc_abcdefgh0123456789"}, "--organization", "hedgebox", "--host", "eu")
	if len(e.Problems) != 1 || e.Problems[0].Where != "--organization" || !e.IsFaulty("organization") || e.IsFaulty("host") {
		t.Errorf("the problems are %+v", e.Problems)
	}
	if len(e.KeyProblems) != 1 || !strings.Contains(e.KeyProblems[0].What, "public project token") {
		t.Errorf("those of the key are %+v", e.KeyProblems)
	}
	if e.Config.Host.Host != "eu.posthog.com" || e.Config.Journal == "" {
		t.Errorf("what is right is lost: %+v", e.Config)
	}
	blank := explain(t, []string{"POSTHOG_PERSONAL_API_KEY=${POSTHOG_KEY}"})
	if len(blank.KeyProblems) != 1 || len(blank.Problems) != 0 {
		t.Errorf("a placeholder for the key: %+v", blank)
	}
}

func TestVariablesThatNobodyReadsAreNamedWithTheOneThatWasMeant(t *testing.T) {
	for _, test := range []struct{ set, meant string }{
		{"POSTHOG_READ_ONLY=true", "POSTHOG_MCP_READ_ONLY"},
		{"POSTHOG_ORGANIZATION=x", "POSTHOG_ORGANIZATION_ID"},
		{"POSTHOG_API_KEY=x", "POSTHOG_PERSONAL_API_KEY"},
		{"POSTHOG_HOSTS=eu", "POSTHOG_HOST"},
		{"POSTHOG_PROJECT_API_KEY=phc_x", ""},
		{"POSTHOG_READ_ONLY=", ""},
		{"POSTHOG_FEATURE_FLAGS_POLLING=1", ""},
		{"HOG=1", ""},
	} {
		var got string
		for _, found := range explain(t, []string{test.set}).Misnamed {
			got += found.Meant
		}
		if got != test.meant {
			t.Errorf("%s is taken for %q, want %q", test.set, got, test.meant)
		}
	}
	if both := explain(t, []string{"POSTHOG_API_KEY=phc_x", "POSTHOG_PERSONAL_API_KEY=phx_abcdefgh0123456789"}).Misnamed; len(both) > 0 {
		t.Errorf("beside the right one it is named: %+v", both)
	}
}

func TestASandboxPassesOverWhatLeadsToARealAccount(t *testing.T) {
	e := explain(t, []string{"POSTHOG_HOST=eu", "POSTHOG_MCP_SANDBOX=true"})
	if got := origin(t, e, "host"); !got.Ignored || got.Where != "POSTHOG_HOST" {
		t.Errorf("%+v", got)
	}
}

func TestAProfileIsNamedAsWhereItsValuesComeFrom(t *testing.T) {
	environ := signedIn(t, credentials.Profile{Name: "default", Host: "https://eu.posthog.com", Organization: work})
	e := config.Explain(context.Background(), flagsOf(t), environ)
	for _, want := range []struct{ flag, value, where string }{
		{"host", `"https://eu.posthog.com"`, `the profile "default"`},
		{"organization", `"` + work + `"`, `the profile "default"`},
		{"profile", `"default"`, "there is one of that name"},
	} {
		if got := origin(t, e, want.flag); got.Where != want.where || got.Value != want.value {
			t.Errorf("--%s is %s by %s", want.flag, got.Value, got.Where)
		}
	}
	if got := origin(t, e, "confirm"); got.Where != "" {
		t.Errorf("%+v", got)
	}
	lost := config.Explain(context.Background(), flagsOf(t, "--profile", "acme"), environ)
	if len(lost.KeyProblems) != 1 || len(lost.Problems) != 0 {
		t.Errorf("a profile that is not there: %+v", lost)
	}
}
