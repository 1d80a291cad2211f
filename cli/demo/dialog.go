package demo

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/mark3labs/mcp-go/mcp"
)

// dialog is the part of a client that shows the server's questions to the admin,
// who gives the word that is expected of her. It is safe for concurrent use.
type dialog struct {
	mu        sync.Mutex
	word      word
	sentences []string
}

// expect prepares the admin's word for the questions to come.
func (d *dialog) expect(word word) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.word, d.sentences = word, nil
}

// shown returns what was asked since, as step.asks words it.
func (d *dialog) shown() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sentences)
}

// Elicit answers a question of the server.
func (d *dialog) Elicit(_ context.Context, request mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for sentence := range strings.SplitSeq(request.Params.Message, "\n") {
		if sentence != losses {
			d.sentences = append(d.sentences, sentence)
		}
	}
	response := mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionDecline}
	if d.word == yes {
		response = mcp.ElicitationResponse{Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"confirm": true}}
	}
	return &mcp.ElicitationResult{ElicitationResponse: response}, nil
}

// What stands before all losses of a question, and before each.
const (
	losses = "What this does:"
	dash   = "- "
)

// previewed is the question of an answer that only tells what would be done.
func previewed(answer any) []string {
	var sentences []string
	for _, part := range []struct{ path, mark string }{{"preview.would_do", ""}, {"preview.where", ""}, {"preview.would_lose", dash}} {
		found, ok := at(answer, part.path)
		list, isList := found.([]any)
		if ok && !isList {
			list = []any{found}
		}
		for _, sentence := range list {
			sentences = append(sentences, part.mark+say(sentence))
		}
	}
	return sentences
}
