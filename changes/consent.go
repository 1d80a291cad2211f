package changes

import (
	"context"
	"strings"
	"time"
)

// Mode is how the operator wants people to be asked before something is
// destroyed. The zero Mode is Ask: nothing is destroyed unasked by oversight.
type Mode int

// The modes.
const (
	// Ask asks through the client where it can ask, and by a preview elsewhere.
	Ask Mode = iota
	// Preview always answers with a preview, and acts on the second call.
	Preview
	// Never asks nobody.
	Never
)

// Channel is the way a question takes when it cannot be asked while the call runs.
type Channel int

// The channels.
const (
	// ByPreview: the answer is a preview, for the model to show; a second call
	// brings the confirmation.
	ByPreview Channel = iota
	// ByClient: the client itself asks the person, and sends the call again with
	// the answer.
	ByClient
)

// Answer is what a person made of a question.
type Answer int

// The answers. Only Yes lets anything happen.
const (
	// NoAnswer: nobody was asked.
	NoAnswer Answer = iota
	Yes
	No
	// Dismissed: the person closed the question.
	Dismissed
	// TimedOut: nobody answered in time.
	TimedOut
	// CannotAsk: the client turned out to be unable to ask.
	CannotAsk
)

// Consent is how the person behind one call is asked, and what they have said
// so far. The zero Consent is that of a client that cannot ask.
type Consent struct {
	// Ask puts a question to the person and waits; nil where that is impossible.
	// It bounds its own time.
	Ask func(ctx context.Context, question Question) Answer
	// Channel is the way that a question takes without Ask.
	Channel Channel
	// Token is what an earlier answer gave out and this call brings back, with
	// Answer, what the person said.
	Token  string
	Answer Answer
	// Open asks the person to open a page of this machine; nil where the client
	// cannot. It reports whether they agreed.
	Open func(ctx context.Context, text, url string) bool
}

// Question is what a person is asked before something is destroyed. Names in
// it are quoted: they are other people's text.
type Question struct {
	// Changes says what would be done, a sentence each.
	Changes []string
	// Where names the organization, in a sentence.
	Where string
	// Lost says what would be lost by it, a sentence each.
	Lost []string
	// Again reports that something was asked before, and that what would be
	// lost has changed since.
	Again bool
}

// String is the question as a person reads it.
func (q Question) String() string {
	var text strings.Builder
	if q.Again {
		text.WriteString("What would be lost has changed since you were asked.\n")
	}
	for _, change := range q.Changes {
		text.WriteString(change + "\n")
	}
	text.WriteString(q.Where + "\n")
	if len(q.Lost) > 0 {
		text.WriteString("What this does:\n")
	}
	for _, lost := range q.Lost {
		text.WriteString("- " + lost + "\n")
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// ConfirmationLife is how long a confirmation can be used.
const ConfirmationLife = 10 * time.Minute

// Pending is a set of changes that was not carried out: a person has to be
// asked first, or the server runs dry. Nothing was sent.
type Pending struct {
	Question Question
	Channel  Channel
	// Token must come with the second call. It is empty in a dry run.
	Token string
	// DryRun reports that the server carries out nothing at all.
	DryRun bool
}

func (p *Pending) Error() string {
	if p.DryRun {
		return "not carried out: dry run"
	}
	return "not carried out: a confirmation is needed"
}

// Declined is a set of changes that a person did not want. Nothing was sent.
type Declined struct{ Answer Answer }

func (d *Declined) Error() string {
	switch d.Answer {
	case TimedOut:
		return "nobody answered the question in time"
	case Dismissed:
		return "the user dismissed the question"
	default:
		return "the user declined"
	}
}
