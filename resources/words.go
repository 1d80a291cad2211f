package resources

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/cases"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/docs"
	"posthog-org-mcp/tools"
)

// Words is a kind of thing whose names complete what somebody types.
type Words string

// The kinds.
const (
	Roles     Words = "role"     // roles by name
	Members   Words = "member"   // people by name or e-mail, as e-mails
	Providers Words = "provider" // the other systems of external references
	Projects  Words = "project"  // projects by name
	Pages     Words = "page"     // pages about this server
)

// word is one thing: what completes to it, and what it is called.
type word struct {
	value  string
	labels []string // besides value
}

func (w word) isTooLong() bool {
	return slices.ContainsFunc(append([]string{w.value}, w.labels...), func(text string) bool { return len(text) > longestWord })
}

// source reads all words of a kind.
type source func(ctx context.Context, env tools.Environment) ([]word, error)

// sources is where each kind comes from.
func sources() map[Words]source {
	return map[Words]source{
		Roles:     roleWords,
		Members:   memberWords,
		Providers: providerWords,
		Projects:  projectWords,
		Pages:     pageWords,
	}
}

type named struct {
	ID   any    `json:"id"`
	Name string `json:"name"`
}

func roleWords(ctx context.Context, env tools.Environment) ([]word, error) {
	org, err := env.Open(ctx, "roles-list")
	if err != nil {
		return nil, err
	}
	return nameWords(ctx, apiclient.As[named](org.Roles()))
}

func projectWords(ctx context.Context, env tools.Environment) ([]word, error) {
	org, err := env.Open(ctx, "projects-list")
	if err != nil {
		return nil, err
	}
	return nameWords(ctx, apiclient.As[named](org.Projects()))
}

func nameWords(ctx context.Context, list apiclient.List[named]) ([]word, error) {
	rows, err := list.Rows(ctx, maxScanned, 0)
	if err != nil {
		return nil, err
	}
	words := make([]word, 0, len(rows.Results))
	for _, row := range rows.Results {
		words = append(words, word{value: row.Name})
	}
	return words, nil
}

// person is a member decoded into just what names them.
type person struct {
	ID   string `json:"id"`
	User struct {
		UUID      string `json:"uuid"`
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Email     string `json:"email"`
	} `json:"user"`
}

func memberWords(ctx context.Context, env tools.Environment) ([]word, error) {
	org, err := env.Open(ctx, "members-list")
	if err != nil {
		return nil, err
	}
	rows, err := apiclient.As[person](org.Members(apiclient.MemberFilter{})).Rows(ctx, maxScanned, 0)
	if err != nil {
		return nil, err
	}
	words := make([]word, 0, len(rows.Results))
	for _, row := range rows.Results {
		user := row.User
		words = append(words, word{
			// Whoever has no address is named by id from call to call.
			value:  cmp.Or(user.Email, user.UUID),
			labels: []string{user.FirstName + " " + user.LastName, user.LastName},
		})
	}
	return words, nil
}

// providerWords are the systems that PostHog knows, and those that somebody has
// a reference to. The first need no reading.
func providerWords(ctx context.Context, env tools.Environment) ([]word, error) {
	words := []word{{value: "github"}, {value: "jira"}, {value: "linear"}, {value: "slack"}}
	org, err := env.Open(ctx, "external-reference-list")
	if err != nil {
		return words, err
	}
	rows, err := apiclient.As[struct {
		ID       any    `json:"id"`
		Provider string `json:"provider"`
	}](org.References(apiclient.ReferenceFilter{})).Rows(ctx, maxScanned, 0)
	if err != nil {
		return words, err
	}
	for _, row := range rows.Results {
		words = append(words, word{value: row.Provider})
	}
	return words, nil
}

func pageWords(context.Context, tools.Environment) ([]word, error) {
	pages, err := docs.Pages()
	if err != nil {
		return nil, fmt.Errorf("read the pages of docs: %w", err)
	}
	words := make([]word, 0, len(pages))
	for _, page := range pages {
		words = append(words, word{value: page.Name, labels: []string{page.Title}})
	}
	return words, nil
}

// matching returns the values of the words that begin with typed, and after them
// those that have it somewhere in them, each once and in the order of the
// alphabet. Case is ignored.
func matching(words []word, typed string) []string {
	fold := cases.Fold()
	typed = fold.String(typed)
	var begin, hold []string
	for _, w := range words {
		begins, holds := false, false
		for _, label := range append([]string{w.value}, w.labels...) {
			label = fold.String(label)
			begins = begins || strings.HasPrefix(label, typed)
			holds = holds || strings.Contains(label, typed)
		}
		switch {
		case begins:
			begin = append(begin, w.value)
		case holds:
			hold = append(hold, w.value)
		}
	}
	byAlphabet := func(a, b string) int {
		return cmp.Or(cmp.Compare(fold.String(a), fold.String(b)), cmp.Compare(a, b))
	}
	slices.SortFunc(begin, byAlphabet)
	slices.SortFunc(hold, byAlphabet)
	return slices.Concat(slices.Compact(begin), slices.Compact(hold))
}
