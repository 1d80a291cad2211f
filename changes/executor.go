package changes

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/handover"
	"posthog-org-mcp/holder"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/progress"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/seal"
)

// Options are how an executor works. The zero value asks before it destroys,
// keeps no journal and has no limits.
type Options struct {
	Limits  Limits
	Confirm Mode
	// Sealer signs confirmations; nil makes one that only this process knows.
	Sealer *seal.Sealer
	// Journal is where every write is written down; nil writes none down.
	Journal *journal.Journal
	// Secrets is where rotated tokens go; nil leaves them in PostHog alone.
	Secrets handover.Place
	// Site is what the journal and confirmations call the PostHog that is written
	// to; empty is its address. A sandbox with a file has another one each time.
	Site string
}

// An Executor carries changes out. It alone holds the client that writes.
// It is safe for concurrent use.
type Executor struct {
	api     *apiclient.Client
	limits  Limits
	confirm Mode
	sealer  *seal.Sealer
	key     func() redact.Secret // the API key in use, to bind confirmations to
	journal *journal.Journal
	secrets handover.Place
	site    string
	log     *slog.Logger
	holder  *holder.Holder
	closed  *closedKinds
	// rotating holds one token: whoever has put it there may rotate.
	rotating chan struct{}
	rotated  *rotationCount
	watchers *watchers
}

// Connect makes the client of the organization API and splits it: the reader
// for everybody, the writing half for the executor alone. It sends nothing.
func Connect(config apiclient.Config, options Options) (apiclient.Reader, *Executor, error) {
	client, err := apiclient.New(config)
	if err != nil {
		return apiclient.Reader{}, nil, err
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	sealer := options.Sealer
	if sealer == nil {
		if sealer, err = seal.New(nil); err != nil {
			return apiclient.Reader{}, nil, err
		}
	}
	return client.Reader(), &Executor{
		api: client, limits: options.Limits, confirm: options.Confirm,
		sealer: sealer, key: client.Key,
		journal: options.Journal, secrets: options.Secrets, log: logger,
		site:   cmp.Or(options.Site, client.Reader().Host().String()),
		holder: holder.New(client.Reader(), client.Key), closed: &closedKinds{},
		rotating: make(chan struct{}, 1), rotated: &rotationCount{},
		watchers: &watchers{},
	}, nil
}

// Site is what the journal calls the PostHog that is written to.
func (e *Executor) Site() string { return e.site }

// Holder is what is known of the key, shared by all who work with it.
func (e *Executor) Holder() *holder.Holder { return e.holder }

// DryRun reports that nothing is carried out.
func (e *Executor) DryRun() bool { return e.limits.DryRun }

// An Order is what a caller wants to have carried out.
type Order struct {
	// Tool and Arguments say what was called, and a confirmation is bound to them.
	// Arguments are JSON whose keys are in order.
	Tool      string
	Arguments json.RawMessage
	// Recorded is what the journal keeps of the arguments: without secrets.
	Recorded json.RawMessage
	// Organization may be @current.
	Organization apiclient.OrganizationID
	// May is what the caller has declared that it does.
	May Kinds
	// Plan reads what is there and returns the changes to make. It is called
	// again when a person has taken time to answer.
	Plan func(ctx context.Context, organization apiclient.OrganizationID) (Set, error)
	// Consent is how the person behind the call is asked.
	Consent Consent
}

// Result is what an order came to.
type Result struct {
	// Call is the journal's id of what was done; empty when nothing was sent, or
	// no journal is kept.
	Call     string
	Outcomes []Outcome
	// PageShown reports that the person was led to the page of a rotated token.
	PageShown bool
}

// work is one order on its way through the executor.
type work struct {
	Order
	organization apiclient.Organization
	call         string
	actor        journal.Actor
	release      func()         // ends holdRotations; nil when nothing is held
	running      sync.WaitGroup // changes that have begun
}

// Apply carries an order out: may we, ask, look again, and then each change in
// order: write down the intent, send, find out, write down the outcome. It stops
// at the first change that fails, with an *Error that says what became of all
// of them. Other errors mean that nothing was sent: a *Pending, a *Declined, a
// *ConfirmationError, a limit of the operator's, or what Plan returned.
//
// Once a change has begun, cancelling ctx no longer stops it: half a write
// helps nobody. Apply then waits a moment longer, and if that is not enough
// returns that the outcome is unknown. Cancelling between two changes stops
// before the second. Either way the log says what was done until then, because
// the caller may not get to hear it.
func (e *Executor) Apply(ctx context.Context, order Order) (Result, error) {
	organization, err := e.admit(ctx, order)
	if err != nil {
		return Result{}, err
	}
	w := &work{Order: order, organization: organization}
	if e.journal != nil {
		w.actor = e.actor(ctx) // Before anybody is asked: nothing may come between a yes and the deed.
	}
	defer w.letGo()
	if !e.limits.DryRun && (e.confirm == Never || order.Consent.Token != "") {
		if err := e.holdRotations(ctx, w); err != nil {
			return Result{}, err
		}
	}
	set, err := e.plan(ctx, w)
	if err != nil {
		return Result{}, err
	}
	if len(set.open()) > 0 {
		if e.limits.DryRun {
			return Result{}, &Pending{Question: e.question(ctx, w, set), DryRun: true}
		}
		if set, err = e.consent(ctx, w, set); err != nil {
			return Result{}, err
		}
	}
	outcomes, err := e.carryOut(ctx, w, set)
	if ctx.Err() != nil {
		e.logCancelled(ctx, w, set, outcomes, err)
	}
	w.letGo() // Nobody has to wait while a person opens a page.
	return Result{
		Call: w.call, Outcomes: outcomes,
		PageShown: err == nil && showPage(ctx, w.Consent, outcomes),
	}, err
}

// showPage leads the person to the page of a rotated token, where the client can.
func showPage(ctx context.Context, consent Consent, outcomes []Outcome) bool {
	for _, outcome := range outcomes {
		if url := outcome.Receipt.URL; url != "" && consent.Open != nil {
			return consent.Open(ctx, "The new secret token is on a page of this machine that opens once.", url)
		}
	}
	return false
}

// plan has the caller plan, and holds the plan to what it declared and to what
// the operator allows.
func (e *Executor) plan(ctx context.Context, w *work) (Set, error) {
	set, err := w.Plan(ctx, w.organization.ID)
	if err != nil {
		return nil, err
	}
	for i, change := range set {
		switch {
		case change.Kind.rule().send == nil || !w.May.Has(change.Kind):
			return nil, fmt.Errorf("%w: %s", ErrKindNotAllowed, change.Kind)
		case change.Organization != w.organization.ID:
			return nil, fmt.Errorf("%w: %s", ErrOtherOrganization, change.Organization)
		}
		if err := e.limits.allow(change.Kind); err != nil {
			return nil, err
		}
		if err := e.closed.check(change.Kind); err != nil && !change.Satisfied {
			return nil, err
		}
		if change.Kind == TokenRotate {
			set[i].after = e.lastRotation(ctx, w, change.Project.ID)
		}
	}
	return set, set.checkSize()
}

// carryOut sends the changes of a set, one after the other, and tells its
// progress if they are several.
func (e *Executor) carryOut(ctx context.Context, w *work, set Set) ([]Outcome, error) {
	made := map[string]apiclient.Role{}
	outcomes := make([]Outcome, 0, len(set))
	open := len(set.open())
	if open > 0 {
		w.begin(e.journal != nil)
	}
	var told *progress.Stretch
	if open > 1 {
		told = progress.Begin(ctx, open, "changes")
		defer told.End()
	}
	stopped := func(i int, change Change, state State, err error) ([]Outcome, error) {
		failed := asError(err, change, state)
		failed.Done, failed.Left = slices.Clone(outcomes), slices.Clone(set[i+1:])
		return outcomes, failed
	}
	for i, change := range set {
		if change.Satisfied {
			outcomes = append(outcomes, satisfied(change))
			continue
		}
		if err := ctx.Err(); err != nil {
			return stopped(i, change, NotDone, err)
		}
		change = change.bind(made)
		outcome, err := e.carryThrough(ctx, w, i, change)
		if err != nil {
			return stopped(i, change, NotDone, err)
		}
		if change.Kind == RoleCreate && outcome.Role != nil {
			made[lower(change.Name)] = *outcome.Role
		}
		outcomes = append(outcomes, outcome)
		told.Step(change.String())
	}
	return outcomes, nil
}

// asError makes an *Error of what ended a change.
func asError(err error, change Change, state State) *Error {
	var failed *Error
	if errors.As(err, &failed) {
		copied := *failed
		return &copied
	}
	return &Error{Change: change, State: state, Err: err}
}
