package cli_test

import (
	"runtime/debug"
	"testing"

	"posthog-org-mcp/cli"
)

func TestABuildNobodyNamedSaysWhatTheToolchainRecorded(t *testing.T) {
	recorded := &debug.BuildInfo{
		Main: debug.Module{Version: "v1.4.0"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "abc123"}, {Key: "vcs.time", Value: "2026-05-01T00:00:00Z"}, {Key: "vcs.modified", Value: "true"},
		},
	}
	for _, test := range []struct {
		name        string
		given, want cli.Build
		info        *debug.BuildInfo
	}{
		{"installed", cli.Build{}, cli.Build{Version: "1.4.0", Commit: "abc123 with local changes", Date: "2026-05-01T00:00:00Z"}, recorded},
		{"released", cli.Build{Version: "v2.0.0", Commit: "def456", Date: "2026-06-01T00:00:00Z"}, cli.Build{Version: "2.0.0", Commit: "def456", Date: "2026-06-01T00:00:00Z"}, recorded},
		{"built from a folder", cli.Build{}, cli.Build{Version: "dev"}, &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}},
		{"nothing recorded", cli.Build{}, cli.Build{Version: "dev"}, &debug.BuildInfo{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := cli.CompleteFrom(test.given, test.info); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
