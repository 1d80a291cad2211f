package nearest_test

import (
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/nearest"
)

func TestTheClosestSpellingComesFirst(t *testing.T) {
	roles := []string{"Support", "Sales", "Engineering", "Support Leads", "Finance"}
	for _, test := range []struct {
		word string
		want []string
	}{
		{"suport", []string{"Support"}},
		{"SUPPORT", []string{"Support", "Support Leads"}},
		{"enginering", []string{"Engineering"}},
		{"zzzz", []string{}},
		{"", []string{}},
		{"s", []string{}},
	} {
		if got := nearest.Words(test.word, roles, 3); !slices.Equal(got, test.want) {
			t.Errorf("Words(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}

func TestAnyOfSeveralLabelsMayMatch(t *testing.T) {
	type person struct{ name, email string }
	people := []person{{"Ana Souza", "ana.souza@example.com"}, {"Raj Patel", "raj@example.com"}}
	got := nearest.Candidates("ana.sousa@example.com", people, func(p person) []string { return []string{p.name, p.email} }, 1)
	if len(got) != 1 || got[0].name != "Ana Souza" {
		t.Errorf("got %v", got)
	}
}

func TestAHugeWordIsComparedWithinBounds(t *testing.T) {
	if got := nearest.Words(strings.Repeat("x", 1<<20), []string{"Support"}, 3); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestAccentsDoNotCount(t *testing.T) {
	for word, want := range map[string]string{"ana kovac": "Ana Kovač", "Sule Yildirim": "Şule Yıldırım", "jose alvarez nunez": "José Álvarez-Núñez"} {
		if got := nearest.Words(word, []string{"Kim Nguyen", "Ana Kovač", "Şule Yıldırım", "José Álvarez-Núñez"}, 1); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", word, got)
		}
	}
}

func TestNeighboursThatChangedPlacesAreOneMistake(t *testing.T) {
	flags := []string{"host", "name", "yes", "profile"}
	for word, want := range map[string]string{"hots": "host", "nmae": "name", "yse": "yes", "porfile": "profile", "toss": "", "osth": ""} {
		if got := strings.Join(nearest.Words(word, flags, 1), " "); got != want {
			t.Errorf("%s: %q", word, got)
		}
	}
}
