package tokens_test

import (
	"testing"

	"posthog-org-mcp/tokens"
)

func TestTextIsCountedByTheO200kVocabulary(t *testing.T) {
	for _, test := range []struct {
		text string
		want int
	}{
		{"", 0},
		{"Hello, world!", 4},
		{`{"name":"roles-list"}`, 6},
		{"a3f1c9d2-7b4e-4c1a-9f0e-5d2b8c6a1e37", 35},
	} {
		got, err := tokens.Count(test.text)
		if err != nil {
			t.Fatal(err)
		}
		if got != test.want {
			t.Errorf("%q takes %d tokens, want %d", test.text, got, test.want)
		}
	}
}
