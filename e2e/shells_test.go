package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/harness"
)

// typedSoFar is a command line in a shell, and what the shell then offers.
type typedSoFar struct {
	words  []string // the last one is being typed
	offers []string
}

func typedInShells() []typedSoFar {
	return []typedSoFar{
		{[]string{"to"}, []string{"tools"}},
		{[]string{"tools", "roles-d"}, []string{"roles-delete"}},
		{[]string{"call", "roles-"}, []string{"roles-create", "roles-delete", "roles-get", "roles-list", "roles-update"}},
		{[]string{"call", "roles-get", "--vi"}, []string{"--view"}},
		{[]string{"call", "roles-get", "--view", ""}, []string{"compact", "full"}},
		{[]string{"call", "roles-get", "--role", "Support", "--view", "f"}, []string{"full"}},
		{[]string{"--confirm", "p"}, []string{"preview"}},
		{[]string{"--log-level", ""}, []string{"debug", "error", "info", "warn"}},
	}
}

// shell is one that is tried. Its script loads ours and prints, for each command
// line, what it offers, one a line, and then endOfOffers. What follows an offer
// after a blank or a colon is its meaning.
type shell struct {
	name, program string
	script        func(lines []typedSoFar) string
}

const endOfOffers = "@@@@\n"

func shells() []shell {
	return []shell{
		{"bash", "bash", bash(". /usr/share/bash-completion/bash_completion")},
		// Where the package bash-completion is not installed, its part is ours.
		{"bash alone", "bash", bash(`_get_comp_words_by_ref() {
	cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD
}`)},
		{"zsh", "zsh", func(lines []typedSoFar) string {
			// Only zsh's line editor calls a completion; here its last step prints.
			script := `
autoload -Uz compinit && compinit -u -D
. <(posthog-org-mcp completion zsh)
[[ $_comps[posthog-org-mcp] == _posthog-org-mcp ]] || exit 3
_describe() { local array=$argv[$argv[(i)completions]+1]; print -rl -- ${(P)array} }
_arguments() { return 1 }
offer() { words=("$@"); CURRENT=$#; _posthog-org-mcp; echo @@@@; }
`
			for _, line := range lines {
				script += "offer posthog-org-mcp " + quotedWords(line.words) + "\n"
			}
			return script
		}},
		{"fish", "fish", func(lines []typedSoFar) string {
			script := "posthog-org-mcp completion fish | source\n"
			for _, line := range lines {
				script += `complete -C "posthog-org-mcp ` + strings.Join(line.words, " ") + "\"\necho @@@@\n"
			}
			return script
		}},
	}
}

// bash loads helper, which takes a command line apart, before our script.
func bash(helper string) func(lines []typedSoFar) string {
	return func(lines []typedSoFar) string {
		script := helper + `
compopt() { :; } # it works only while a key is handled
. <(posthog-org-mcp completion bash)
complete -p posthog-org-mcp >/dev/null || exit 3
COMP_TYPE=9
offer() {
	COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
	__start_posthog-org-mcp
	[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
	echo @@@@
}
`
		for _, line := range lines {
			script += "offer posthog-org-mcp " + quotedWords(line.words) + "\n"
		}
		return script
	}
}

func quotedWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "'" + word + "'"
	}
	return strings.Join(quoted, " ")
}

func TestShellsThatLoadTheScriptOfferToolsFlagsAndValues(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("these shells are not those of Windows")
	}
	// The scripts call the program by its name.
	folder := t.TempDir()
	if err := os.Symlink(harness.Binary(t), filepath.Join(folder, "posthog-org-mcp")); err != nil {
		t.Fatal(err)
	}
	for _, shell := range shells() {
		t.Run(shell.name, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(shell.program)
			if err == nil && shell.name == "bash" {
				_, err = os.Stat("/usr/share/bash-completion/bash_completion")
			}
			if err != nil && os.Getenv("ALL_SHELLS") == "" {
				t.Skipf("not installed: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "offers")
			if err := os.WriteFile(file, []byte(shell.script(typedInShells())), 0o600); err != nil {
				t.Fatal(err)
			}
			out := harness.Run(t, harness.Command{Binary: program, Args: []string{file}, Env: map[string]string{
				"PATH": folder + string(os.PathListSeparator) + os.Getenv("PATH"), "TERM": "dumb",
			}})
			blocks := strings.Split(out.Stdout, endOfOffers)
			if out.ExitCode != 0 || len(blocks) != len(typedInShells())+1 {
				t.Fatalf("exit code %d, stdout\n%s\nstderr\n%s", out.ExitCode, out.Stdout, out.Stderr)
			}
			for i, typed := range typedInShells() {
				var offers []string
				for line := range strings.Lines(blocks[i]) {
					offers = append(offers, strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" :\t\n", r) })[0])
				}
				slices.Sort(offers)
				if !slices.Equal(offers, typed.offers) {
					t.Errorf("%q: offers %q, want %q", typed.words, offers, typed.offers)
				}
			}
		})
	}
}
