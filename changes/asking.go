package changes

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"posthog-org-mcp/journal"
	"posthog-org-mcp/seal"
)

// The purposes of seals: what a client was given for one opens nothing for the other.
const (
	sealPreview seal.Purpose = "confirmation"
	sealClient  seal.Purpose = "request state"
)

func (c Channel) purpose() seal.Purpose {
	if c == ByClient {
		return sealClient
	}
	return sealPreview
}

// ConfirmationError is a confirmation that lets nothing happen: altered, foreign,
// expired or used. It unwraps to an error of the package seal. Nothing was sent.
type ConfirmationError struct{ Err error }

func (e *ConfirmationError) Error() string { return "the confirmation was refused: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ConfirmationError) Unwrap() error { return e.Err }

// maxQuestions is how often one call asks when what would be lost keeps changing.
const maxQuestions = 3

// ErrRestless ends a call whose target does not hold still.
var ErrRestless = errors.New("what would be lost kept changing while the user was asked")

// consent sees that a person has agreed to a set that destroys something, and
// returns the set as it is after the answer. It fails closed.
func (e *Executor) consent(ctx context.Context, w *work, set Set) (Set, error) {
	if e.confirm == Never || set.kinds().Effect() != Destroys {
		return set, nil
	}
	consent := w.Consent
	if e.confirm == Preview {
		consent.Ask, consent.Channel = nil, ByPreview
	}
	mark, err := set.mark()
	if err != nil {
		return nil, err
	}
	question := e.question(ctx, w, set)
	if consent.Token != "" {
		// It is used up whatever the answer: a no must not become a yes later.
		err := e.sealer.Open(consent.Channel.purpose(), e.bound(w), mark, consent.Token)
		isChanged := errors.Is(err, seal.ErrChanged)
		switch {
		case err != nil && !isChanged:
			return nil, &ConfirmationError{Err: err}
		case consent.Answer == CannotAsk:
			return nil, e.pending(w, ByPreview, question, mark)
		case consent.Answer != Yes && consent.Answer != NoAnswer:
			return nil, e.declined(ctx, w, set, consent.Answer)
		case consent.Answer == Yes && !isChanged:
			return set, nil // It was planned a moment ago: that was the second look.
		}
		question.Again = isChanged
		return nil, e.pending(w, consent.Channel, question, mark)
	}
	for range maxQuestions {
		answer := CannotAsk
		if consent.Ask != nil {
			answer = consent.Ask(ctx, question)
		}
		switch answer {
		case Yes:
		case CannotAsk, NoAnswer:
			return nil, e.pending(w, consent.Channel, question, mark)
		default:
			return nil, e.declined(ctx, w, set, answer)
		}
		if err := e.holdRotations(ctx, w); err != nil {
			return nil, err
		}
		fresh, err := e.plan(ctx, w)
		if err != nil {
			return nil, err
		}
		if len(fresh.open()) == 0 {
			return fresh, nil // Somebody else has done it meanwhile.
		}
		now, err := fresh.mark()
		if err != nil {
			return nil, err
		}
		if now == mark {
			return fresh, nil
		}
		w.letGo() // Nobody has to wait while a person thinks.
		set, mark, question = fresh, now, e.question(ctx, w, fresh)
		question.Again = true
	}
	return nil, ErrRestless
}

// pending is the preview of a set, with the token that the second call brings.
func (e *Executor) pending(w *work, channel Channel, question Question, mark [sha256.Size]byte) error {
	token := e.sealer.Seal(channel.purpose(), e.bound(w), mark, ConfirmationLife)
	return &Pending{Question: question, Channel: channel, Token: token}
}

// bound is what a confirmation holds for: this call, here, with this key.
func (e *Executor) bound(w *work) []string {
	return []string{w.Tool, string(w.Arguments), string(w.organization.ID), e.site, e.sealer.Fingerprint(e.key().Reveal())}
}

// declined writes down what a person did not want.
func (e *Executor) declined(ctx context.Context, w *work, set Set, answer Answer) error {
	refusal := &Declined{Answer: answer}
	w.begin(e.journal != nil)
	for i, change := range set {
		if !change.Satisfied {
			e.recordUnsent(ctx, w, i, change, journal.Declined, refusal.Error())
		}
	}
	return refusal
}

// question says what a set does and what is lost by it.
func (e *Executor) question(ctx context.Context, w *work, set Set) Question {
	question := Question{Where: fmt.Sprintf("This is in the organization %s (%s).", quote(w.organization.Name), id(w.organization.ID))}
	for _, change := range set {
		rule := change.Kind.rule()
		if change.Satisfied {
			question.Changes = append(question.Changes, "Already so, nothing is sent: "+rule.does(change))
			continue
		}
		question.Changes = append(question.Changes, rule.does(change))
		if change.Kind == TokenRotate {
			change.backupSince = e.rotatedAt(ctx, w, change)
		}
		lost := rule.loses(change)
		if change.Doubtful {
			lost = append(lost, "Nobody knew whether this server had made it; what is there now may be somebody else's.")
		}
		for _, sentence := range lost {
			if !slices.Contains(question.Lost, sentence) { // A batch says the same of each.
				question.Lost = append(question.Lost, sentence)
			}
		}
	}
	return question
}
