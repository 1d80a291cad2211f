// Package conversations holds twenty tasks of an organization's admin, each as
// the calls that a model makes, with this server and with the server that
// openapi-mcp-generator makes of the API's OpenAPI document. The tests play them
// against the sandbox, check where they end, and count what the model reads and
// writes; docs/conversations.md shows it.
package conversations_test

import "slices"

// A task is something that an admin wants, and the two ways to get it done.
type task struct {
	name  string // of its test
	words string // of the admin
	reply string // what the admin is told in the end

	// found is what the conversation must have found out, all of it in reply.
	found []string
	// changed is what is different in the organization afterwards, as a diff of
	// the lines of its state; nil is nothing.
	changed []string

	// ours and peer make the calls, and return what they found.
	ours, peer func(m *model) []string
	// cannotAsk has ours talk as a client that cannot put questions to its user.
	cannotAsk bool
	// remark is what else a reader should know of the peer's conversation.
	remark string
}

// tasks are in the order of the document.
func tasks() []task {
	return slices.Concat(questions(), moves(), roleTasks(), outsideTasks())
}
