package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/redact"
)

const testKey = "phx_key_that_nobody_may_see"

// desk is one client of the legacy era, seen from both sides.
type desk struct {
	*connection
	t *testing.T
}

// newDesk is for as many calls at once as there are slots.
func newDesk(t *testing.T, slots int) desk {
	t.Helper()
	s := &Server{
		log: slog.New(slog.DiscardHandler), redactor: redact.New(redact.NewSecret(testKey)),
		askTimeout: 5 * time.Minute, workers: slots,
	}
	return desk{newConnection(s, t.Context(), func(error) {}, nil, newQuestions(), newSession("test", s)), t}
}

// person is behind a call that runs.
func (d desk) person() person {
	d.t.Helper()
	p := person{server: d.server, questions: d.asked, turn: &turn{slots: d.slots, base: d.base}}
	if err := p.turn.take(d.base); err != nil {
		d.t.Fatal(err)
	}
	return p
}

// asks has a call ask, and returns where the outcome will be.
func (d desk) asks(ctx context.Context, p person) <-chan changes.Answer {
	answer := make(chan changes.Answer, 1)
	go func() { answer <- p.confirms(ctx, changes.Question{Changes: []string{`Delete the role "Support".`}}) }()
	return answer
}

// sent is a line that the client gets.
type sent struct {
	ID     string
	Method string
	Params struct {
		Mode, Message, URL, ElicitationID, RequestID, Reason string
		RequestedSchema                                      json.RawMessage
	}
}

func (d desk) next() sent {
	d.t.Helper()
	var line sent
	if err := json.Unmarshal(<-d.asked.lines, &line); err != nil {
		d.t.Fatal(err)
	}
	return line
}

// silent fails the test if the client gets anything more.
func (d desk) silent() {
	d.t.Helper()
	select {
	case line := <-d.asked.lines:
		d.t.Errorf("sent besides: %s", line)
	default:
	}
}

// answers is what the client sends; rest is the frame's result or error. It
// reports whether somebody waited for it.
func (d desk) answers(id, rest string) bool {
	d.t.Helper()
	m, refused := parse([]byte(fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,%s}`, id, rest)))
	if refused != nil || !m.isAnswer() {
		d.t.Fatalf("%s was read as %+v, %+v", rest, m, refused)
	}
	return d.asked.answered(m)
}

const saysYes = `"result":{"action":"accept","content":{"confirm":true}}`

func TestAQuestionThatNobodyAnswersIsWithdrawnInTimeAndALateYesDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1)
		start := time.Now()
		got := d.asks(d.base, d.person())
		id := d.next().ID
		if answer := <-got; answer != changes.TimedOut {
			t.Errorf("got answer %d", answer)
		}
		if waited := time.Since(start); waited != d.server.askTimeout {
			t.Errorf("waited %v", waited)
		}
		if line := d.next(); line.Method != "notifications/cancelled" || line.Params.RequestID != id || line.Params.Reason == "" {
			t.Errorf("then sent %+v", line)
		}
		if d.answers(id, saysYes) {
			t.Error("the late answer was taken")
		}
		d.silent()
	})
}

func TestTheEndOfInputEndsEveryWaitAtOnceAndNothingIsAskedAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 3)
		start := time.Now()
		one, two := d.asks(d.base, d.person()), d.asks(d.base, d.person())
		d.next()
		d.next()
		d.asked.end()
		if first, second := <-one, <-two; first != changes.TimedOut || second != changes.TimedOut {
			t.Errorf("got answers %d and %d", first, second)
		}
		for range 2 {
			if line := d.next(); line.Method != "notifications/cancelled" {
				t.Errorf("then sent %+v", line)
			}
		}
		d.asked.end()
		p := d.person()
		if answer := p.confirms(d.base, changes.Question{}); answer != changes.TimedOut {
			t.Errorf("a later question got answer %d", answer)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited %v", waited)
		}
		d.silent()
	})
}

func TestAnAnswerThatCameJustBeforeTheEndOfInputCounts(t *testing.T) {
	for range 50 {
		d := newDesk(t, 1)
		got := d.asks(d.base, d.person())
		id := d.next().ID
		d.answers(id, saysYes)
		d.asked.end()
		if answer := <-got; answer != changes.Yes {
			t.Fatalf("got answer %d", answer)
		}
	}
}

func TestACancelledCallWithdrawsItsQuestion(t *testing.T) {
	d := newDesk(t, 1)
	ctx, cancel := context.WithCancelCause(d.base)
	got := d.asks(ctx, d.person())
	id := d.next().ID
	cancel(errCancelled)
	if answer := <-got; answer != changes.Dismissed {
		t.Errorf("got answer %d", answer)
	}
	if line := d.next(); line.Method != "notifications/cancelled" || line.Params.RequestID != id {
		t.Errorf("then sent %+v", line)
	}
	if d.answers(id, saysYes) {
		t.Error("the late answer was taken")
	}
}

func TestAYesDoesNotCountOnceItsCallIsCancelled(t *testing.T) {
	for i := range 500 {
		d := newDesk(t, 1)
		ctx, cancel := context.WithCancelCause(d.base)
		got := d.asks(ctx, d.person())
		id := d.next().ID
		if i%2 == 0 {
			d.person() // Another call has the slot by the time of the answer.
		}
		cancel(errCancelled)
		d.answers(id, saysYes)
		if answer := <-got; answer != changes.Dismissed {
			t.Fatalf("got answer %d", answer)
		}
	}
}

func TestFiftyQuestionsAtOnceGetEachItsOwnAnswer(t *testing.T) {
	const calls = 50
	d := newDesk(t, calls)
	type asked struct {
		id  string
		got <-chan changes.Answer
	}
	var all []asked
	ids := map[string]bool{}
	for range calls {
		got := d.asks(d.base, d.person())
		line := d.next()
		ids[line.ID] = true
		all = append(all, asked{line.ID, got})
	}
	if len(ids) != calls {
		t.Fatalf("%d ids", len(ids))
	}
	for i := calls - 1; i >= 0; i-- {
		answer, want := saysYes, changes.Yes
		if i%2 == 0 {
			answer, want = `"result":{"action":"decline"}`, changes.No
		}
		d.answers(all[i].id, answer)
		if got := <-all[i].got; got != want {
			t.Errorf("question %d got answer %d, want %d", i, got, want)
		}
	}
}

func TestAnAnswerUnderAnotherIDIsNotTaken(t *testing.T) {
	d := newDesk(t, 1)
	got := d.asks(d.base, d.person())
	id := d.next().ID
	for _, other := range []string{`1`, `null`, `{}`, `["` + id + `"]`, `""`, `"` + id + `0"`} {
		m, _ := parse([]byte(`{"jsonrpc":"2.0","id":` + other + `,` + saysYes + `}`))
		if d.asked.answered(m) {
			t.Errorf("the answer under %s was taken", other)
		}
	}
	if m, _ := parse([]byte(`{"jsonrpc":"2.0",` + saysYes + `}`)); d.asked.answered(m) {
		t.Error("the answer without id was taken")
	}
	d.answers(id, `"result":{"action":"decline"}`)
	if answer := <-got; answer != changes.No {
		t.Errorf("got answer %d", answer)
	}
}

func TestACallThatWaitsForAPersonLeavesItsSlotAndTakesOneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 1)
		p := d.person()
		got := d.asks(d.base, p)
		id := d.next().ID
		other := d.person() // would block for ever if the slot were taken
		d.answers(id, saysYes)
		synctest.Wait()
		select {
		case <-got:
			t.Error("the call went on without a slot")
		default:
		}
		other.turn.leave()
		if answer := <-got; answer != changes.Yes {
			t.Errorf("got answer %d", answer)
		}
		p.turn.leave()
		if len(d.slots) != 0 {
			t.Errorf("%d slots are lost", len(d.slots))
		}
	})
}

func TestAClientThatReadsNothingIsNotWaitedForLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls = maxUnsent + 5
		d := newDesk(t, calls)
		start := time.Now()
		var all []<-chan changes.Answer
		for range calls {
			all = append(all, d.asks(d.base, d.person()))
		}
		for _, got := range all {
			if answer := <-got; answer != changes.TimedOut {
				t.Errorf("got answer %d", answer)
			}
		}
		if waited := time.Since(start); waited != d.server.askTimeout {
			t.Errorf("waited %v", waited)
		}
		if len(d.asked.waiting) != 0 {
			t.Errorf("%d answers are still waited for", len(d.asked.waiting))
		}
	})
}
