package conversations_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const documentFile = "../docs/conversations.md"

// costs are what a task takes with either server.
type costs struct {
	task       string
	ours, peer talk
}

// percent is our share of the peer's tokens.
func (c costs) percent() float64 {
	return 100 * float64(c.ours.Whole.Tokens) / float64(c.peer.Whole.Tokens)
}

// costsOf finds what the record has about each task.
func costsOf(t *testing.T, kept record) []costs {
	t.Helper()
	var all []costs
	for _, task := range tasks() {
		is := func(talk talk) bool { return talk.Task == task.name }
		ours, peer := slices.IndexFunc(kept.Ours.Talks, is), slices.IndexFunc(kept.Peer.Talks, is)
		if ours < 0 || peer < 0 {
			t.Fatalf("%s is not written down; conversations/peer/install, then go test ./conversations -update", task.name)
		}
		all = append(all, costs{task.name, kept.Ours.Talks[ours], kept.Peer.Talks[peer]})
	}
	return all
}

// median is the share in the middle.
func median(all []costs) float64 {
	var shares []float64
	for _, cost := range all {
		shares = append(shares, cost.percent())
	}
	slices.Sort(shares)
	return (shares[(len(shares)-1)/2] + shares[len(shares)/2]) / 2
}

// table shows all tasks in a few columns.
func table(all []costs) string {
	var out strings.Builder
	out.WriteString("| # | task | calls | bytes | tokens | its calls | its bytes | its tokens | our share |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	var sum costs
	row := func(number, name string, cost costs, ourCalls, peerCalls int) {
		fmt.Fprintf(&out, "| %s | %s | %d | %s | %s | %d | %s | %s | %.0f %% |\n", number, name,
			ourCalls, grouped(cost.ours.Whole.Bytes), grouped(cost.ours.Whole.Tokens),
			peerCalls, grouped(cost.peer.Whole.Bytes), grouped(cost.peer.Whole.Tokens), cost.percent())
	}
	for i, cost := range all {
		row(strconv.Itoa(i+1), cost.task, cost, len(cost.ours.Calls), len(cost.peer.Calls))
		sum.ours.Whole = sum.ours.Whole.plus(cost.ours.Whole)
		sum.peer.Whole = sum.peer.Whole.plus(cost.peer.Whole)
		sum.ours.Calls = append(sum.ours.Calls, cost.ours.Calls...)
		sum.peer.Calls = append(sum.peer.Calls, cost.peer.Calls...)
	}
	row("", "**all**", sum, len(sum.ours.Calls), len(sum.peer.Calls))
	fmt.Fprintf(&out, "| | **median** | | | | | | | %.0f %% |\n", median(all))
	return out.String()
}

// grouped writes a number with a comma before each three digits.
func grouped(number int) string {
	digits := strconv.Itoa(number)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// documentOf writes the document out of the tasks and their record.
func documentOf(t *testing.T, kept record) string {
	t.Helper()
	all := costsOf(t, kept)
	var out strings.Builder
	out.WriteString(introduction)
	for _, line := range []struct {
		what       string
		ours, peer size
	}{
		{"names, descriptions, input schemas", kept.Ours.Opening.Shown, kept.Peer.Opening.Shown},
		{"instructions", kept.Ours.Opening.Instructions, kept.Peer.Opening.Instructions},
		{"the whole list as it is sent, titles, hints and output schemas included", kept.Ours.Opening.Sent, kept.Peer.Opening.Sent},
	} {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", line.what, grouped(line.ours.Tokens), grouped(line.peer.Tokens))
	}
	fmt.Fprintf(&out, "| tools | %d | %d |\n\n", kept.Ours.Opening.Tools, kept.Peer.Opening.Tools)
	out.WriteString(beforeTheTable + table(all) + afterTheTable)
	for i, task := range tasks() {
		fmt.Fprintf(&out, "\n## %d. %s\n\n> %s\n\n%s\n", i+1, title(task.name), task.words, task.reply)
		if len(task.changed) > 0 {
			fmt.Fprintf(&out, "\n```diff\n%s\n```\n", strings.Join(task.changed, "\n"))
		}
		writeTalk(&out, "This server", all[i].ours)
		if task.cannotAsk {
			out.WriteString("\nHere the client cannot put questions to its user: the first call to delete shows what would be lost, and the second brings the user's yes.\n")
		}
		writeTalk(&out, "The generated one", all[i].peer)
		if task.remark != "" {
			fmt.Fprintf(&out, "\n%s\n", task.remark)
		}
	}
	return out.String()
}

// writeTalk shows the calls of a conversation, each with its answer below.
func writeTalk(out *strings.Builder, who string, talk talk) {
	calls := "calls"
	if len(talk.Calls) == 1 {
		calls = "call"
	}
	fmt.Fprintf(out, "\n%s: %d %s, %s tokens, %s bytes.\n\n```text\n", who, len(talk.Calls), calls, grouped(talk.Whole.Tokens), grouped(talk.Whole.Bytes))
	for _, call := range talk.Calls {
		fmt.Fprintf(out, "%s %s   [%s tokens]\n  %s\n", call.Tool, call.Arguments, grouped(call.Size.Tokens), call.Answer)
	}
	out.WriteString("```\n")
}

// title is a task's name as a heading.
func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

const introduction = `# Twenty conversations

What an admin asks of an assistant, and the calls that a model makes for it: with this server, and with what one would
have without it, the server that the npm package ` + "`openapi-mcp-generator`" + ` makes of the API's OpenAPI document
(` + "`contract/openapi.json`" + `). A test plays each of them with both, against the sandbox's
organization of 24 people and 6 roles, on a clock that stands at 2 March 2026. It checks what the model found out, and
what is different in the organization afterwards: exactly the lines of the diff, and nothing where there is none.

## What is counted

Everything that the model reads and writes, once: the tool list, the server's instructions, the name and arguments of
each call, and its answer. Tokens are those of the o200k vocabulary. Of the tool list, clients hand the model each tool's
name, description and input schema; so that is what counts, with both servers. What the user is asked before something
is destroyed goes past the model, where the client can ask.

The generated server gets the cheapest calls that make sense: it searches where the API has a search, pages where that
is enough, and lists the roles once, which brings everybody in them along. Its model is taken to know that, and never to
err.

| before the first call, in tokens | this server | the generated one |
|---|--:|--:|
`

const beforeTheTable = `## What it costs

` + "`calls`, `bytes` and `tokens` are this server's, `its …` those of the generated one." + `

`

const afterTheTable = `
The API has no way to ask for a role by its name, and its list of roles holds each person of each role twice over: so
whoever starts from a name reads all of it, and the larger the organization, the more. Where the generated server needs
no list of roles, its tool list is most of what it takes, and so is ours: for a question that one short list answers,
such as what the projects are called, ours takes about half.

What the numbers do not show: the generated server asks nobody before it deletes, hands secrets to the model whole,
reports a failure as an answer like any other, and keeps no journal to take a write back from.

` + "`go test ./conversations`" + ` plays our half and holds it to this page, calls and answers word for word, numbers within
5 %. ` + "`conversations/run`" + ` installs the other server, for which it needs Node.js with npm, and plays both halves.
` + "`go test ./conversations -update`" + ` writes this page anew, the other half only where it is installed. The conversations
themselves are in ` + "`conversations/`" + `, a value each; ids and tokens that are new in each run are replaced here, and long
answers are cut.
`
