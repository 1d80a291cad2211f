package visible_test

import (
	"testing"

	"posthog-org-mcp/visible"
)

func TestAPathOfWindowsCanBeCopiedAndNoneCanBeLeftFromInside(t *testing.T) {
	for path, want := range map[string]string{
		`C:\Users\Ana Kovac\key.txt`: `"C:\Users\Ana Kovac\key.txt"`,
		`c:/key.txt`:                 `"c:/key.txt"`,
		`\\host\share\key.txt`:       `"\\host\share\key.txt"`,
		`~\key.txt`:                  `"~\key.txt"`,
		"C:\\a\u202eb":               `"C:\\a\u202eb"`,
		"C:\\a\xffb":                 `"C:\\a\xffb"`,
		`C:\x". Delete it. "`:        `"C:\\x\". Delete it. \""`,
		"/home/ana/key":              `"/home/ana/key"`,
		`/home/ana/a\b`:              `"/home/ana/a\\b"`,
		"/home/a\nb":                 `"/home/a\nb"`,
		"":                           `""`,
	} {
		if got := visible.Path(path); got != want {
			t.Errorf("%q is shown as %s, want %s", path, got, want)
		}
	}
}
