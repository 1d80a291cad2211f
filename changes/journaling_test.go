package changes_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/handover"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
)

func TestEachWriteIsInTheJournalWithAllThatIsKnownOfIt(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t)
			order := s.order(changes.Set{plan(t, s.org)})
			order.Tool, order.Recorded = "some-tool", []byte(`{"role":"x"}`)
			done, err := s.executor.Apply(t.Context(), order)
			if err != nil {
				t.Fatal(err)
			}
			entries := s.entries(t)
			if len(entries) != 1 {
				t.Fatalf("%d entries", len(entries))
			}
			entry := entries[0]
			requests := s.sandbox.Requests()
			switch {
			case entry.ID != done.Outcomes[0].ID || entry.Call != done.Call || !strings.HasPrefix(entry.ID, entry.Call+"."):
				t.Errorf("id %s of call %s, and the result says %s and %s", entry.ID, entry.Call, done.Outcomes[0].ID, done.Call)
			case entry.Tool != "some-tool" || string(entry.Arguments) != `{"role":"x"}` || entry.Kind != kind.String():
				t.Errorf("%s %s: %s", entry.Tool, entry.Arguments, entry.Kind)
			case entry.Actor.Email == "" || entry.Actor.UserUUID == "" || strings.Contains(entry.Actor.Key, sandbox.AdminKey):
				t.Errorf("actor %+v", entry.Actor)
			case entry.Organization.ID != string(s.org.OrganizationID()) || entry.Organization.Name == "" || entry.Host != s.url:
				t.Errorf("organization %+v on %s", entry.Organization, entry.Host)
			case entry.Outcome.State != journal.Done || entry.Outcome.RequestID == "" || entry.Outcome.Time.Before(entry.Time):
				t.Errorf("outcome %+v", entry.Outcome)
			case len(requests) == 0:
				t.Error("no request was sent")
			}
		})
	}
}

// The sandbox is asked, at the moment of the write, what the journal holds.
func TestTheIntentIsOnDiskBeforeTheRequestLeaves(t *testing.T) {
	s := newStage(t)
	seen := make(chan string, 1)
	spy := func(config *apiclient.Config, _ *changes.Options) {
		config.Transport = spying(func() {
			data, _ := os.ReadFile(s.path)
			seen <- string(data)
		})
	}
	s = s.again(t, spy)
	if _, err := s.apply(t.Context(), changes.CreateRole(s.org.OrganizationID(), "Night shift")); err != nil {
		t.Fatal(err)
	}
	if journaled := <-seen; !strings.Contains(journaled, `"create role"`) || strings.Contains(journaled, `"outcome"`) {
		t.Errorf("the journal at the moment of sending: %s", journaled)
	}
}

func TestWhatCannotBeWrittenDownIsNotSentAndReadingGoesOn(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t)
			blocked := filepath.Join(t.TempDir(), "a file")
			if err := os.WriteFile(blocked, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			s.path = filepath.Join(blocked, "journal.jsonl")
			s = s.again(t)
			change := plan(t, s.org)
			_, err := s.apply(t.Context(), change)
			if !errors.Is(err, journal.ErrUnwritable) {
				t.Errorf("got %v", err)
			}
			if s.writes() != 0 {
				t.Errorf("%d writes were sent", s.writes())
			}
			if len(picture(t, s.org)) == 0 {
				t.Error("nothing can be read")
			}
		})
	}
}

// noPlace is a full disk where tokens go.
type noPlace struct{}

func (noPlace) Prepare(context.Context, handover.Label) (handover.Slot, error) {
	return nil, handover.ErrUnavailable
}

func TestATokenThatCouldNotBeHandedOverIsNotRotated(t *testing.T) {
	s := newStage(t, func(_ *apiclient.Config, o *changes.Options) { o.Secrets = noPlace{} })
	_, err := s.apply(t.Context(), everyKind()[changes.TokenRotate](t, s.org))
	if !errors.Is(err, handover.ErrUnavailable) || s.writes() != 0 || len(s.entries(t)) != 0 {
		t.Errorf("got %v after %d writes", err, s.writes())
	}
}

func TestARotatedTokenIsInItsFileAndNowhereInTheJournal(t *testing.T) {
	folder := t.TempDir()
	s := newStage(t, func(_ *apiclient.Config, o *changes.Options) { o.Secrets = handover.NewFiles(folder) })
	outcomes, err := s.apply(t.Context(), everyKind()[changes.TokenRotate](t, s.org))
	if err != nil {
		t.Fatal(err)
	}
	token := outcomes[0].Project.SecretAPIToken.Reveal()
	handed, err := os.ReadFile(outcomes[0].Receipt.Path)
	if err != nil || strings.TrimSpace(string(handed)) != token {
		t.Errorf("the file holds %d bytes, %v", len(handed), err)
	}
	written, err := os.ReadFile(s.path)
	if err != nil || strings.Contains(string(written), token) || strings.Contains(string(written), "phs_") {
		t.Errorf("the journal holds a token: %v", err)
	}
}

func TestARefusalAndALostOutcomeAreToldApart(t *testing.T) {
	for _, test := range []struct {
		fault sandbox.Fault
		want  journal.State
	}{
		{sandbox.Fault{Kind: sandbox.Fail, Status: 403}, journal.Refused},
		{sandbox.Fault{Kind: sandbox.Throttle}, journal.Refused},
		{sandbox.Fault{Kind: sandbox.DropBefore}, journal.Unknown},
		{sandbox.Fault{Kind: sandbox.Fail, Status: 502}, journal.Unknown},
		{sandbox.Fault{Kind: sandbox.DropAfter}, journal.Done},
	} {
		s := newStage(t)
		test.fault.Method = "POST"
		s.sandbox.SetFaults(sandbox.Faults{Next: []sandbox.Fault{test.fault}})
		_, _ = s.apply(t.Context(), changes.CreateRole(s.org.OrganizationID(), "Night shift"))
		if outcome := s.entries(t)[0].Outcome; outcome.State != test.want || test.want != journal.Done && outcome.Reason == "" {
			t.Errorf("%s %d: the journal says %+v, want %s", test.fault.Kind, test.fault.Status, outcome, test.want)
		}
	}
}

func TestSomebodyElsesDeletionIsNoFailure(t *testing.T) {
	for _, kind := range []changes.Kind{changes.RoleDelete, changes.MembershipRemove, changes.ReferenceDelete} {
		s := newStage(t)
		change := everyKind()[kind](t, s.org)
		for range 2 { // The second one was planned before the first was made.
			outcomes, err := s.apply(t.Context(), change)
			if err != nil {
				t.Fatal(err)
			}
			if want := []changes.State{changes.Unchanged, changes.Done}[len(s.entries(t))%2]; outcomes[0].State != want {
				t.Errorf("%s: %s", kind, outcomes[0].State)
			}
		}
	}
}

func TestAnOperationThatIsClosedToKeysIsNotAskedAboutTwice(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	s.sandbox.SetFaults(sandbox.Faults{CloseActions: true})
	var asked []changes.Question
	for range 2 {
		order := s.order(changes.Set{everyKind()[changes.TokenRotate](t, s.org)})
		order.Consent = answering(&asked, changes.Yes)
		if _, err := s.executor.Apply(t.Context(), order); !errors.Is(err, apiclient.ErrClosedToKeys) {
			t.Errorf("got %v", err)
		}
	}
	if s.writes() != 1 || len(asked) != 1 {
		t.Errorf("%d writes were sent, %d questions asked", s.writes(), len(asked))
	}
}

// An intent that has no outcome, because its process was killed, is looked up by
// the next one.
func TestAWriteThatAKilledProcessHadBegunIsLookedUpAtTheNextStart(t *testing.T) {
	for kind, plan := range everyKind() {
		for _, wasMade := range []bool{true, false} {
			t.Run(kind.String(), func(t *testing.T) {
				s := newStage(t)
				change := plan(t, s.org)
				if wasMade {
					if _, err := s.apply(t.Context(), change); err != nil {
						t.Fatal(err)
					}
				} else {
					s.sandbox.SetFaults(sandbox.Faults{Next: writeFaults(sandbox.DropBefore)})
					_, _ = s.apply(t.Context(), change)
				}
				killed := s.withoutOutcomes(t)
				next := killed.again(t)
				settled, err := next.executor.Recover(t.Context())
				if err != nil || len(settled) != 1 {
					t.Fatalf("%d settled, %v", len(settled), err)
				}
				want := journal.Done
				if !wasMade {
					want = journal.Unknown // It was a moment ago: the request may still be on its way.
				}
				if got := settled[0].Outcome; got.State != want || !got.Recovered {
					t.Errorf("made %v, and told: %+v", wasMade, got)
				}
				if next.writes() != 0 {
					t.Errorf("%d writes were sent", next.writes())
				}
				if again, err := next.executor.Recover(t.Context()); err != nil || len(again) != 0 {
					t.Errorf("it is settled twice: %+v, %v", again, err)
				}
			})
		}
	}
}

// withoutOutcomes is a journal as a killed process leaves it.
func (s stage) withoutOutcomes(t *testing.T) stage {
	t.Helper()
	data, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(data)) {
		var parts struct {
			Intent json.RawMessage `json:"intent"`
		}
		if err := json.Unmarshal([]byte(line), &parts); err != nil {
			t.Fatal(err)
		}
		if parts.Intent != nil {
			kept = append(kept, line)
		}
	}
	s.path = filepath.Join(t.TempDir(), "journal.jsonl")
	if err := os.WriteFile(s.path, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// A key that does not see an organization would take everything in it for gone.
func TestAWriteToAnOrganizationThatTheKeyDoesNotSeeStaysOpen(t *testing.T) {
	s := newStage(t)
	if _, err := s.apply(t.Context(), everyKind()[changes.RoleDelete](t, s.org)); err != nil {
		t.Fatal(err)
	}
	killed := s.withoutOutcomes(t)
	data, err := os.ReadFile(killed.path)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := strings.ReplaceAll(string(data), string(s.org.OrganizationID()), "0190f3a2-0000-7000-8000-00000000ffff")
	if err := os.WriteFile(killed.path, []byte(elsewhere), 0o600); err != nil {
		t.Fatal(err)
	}
	next := killed.again(t)
	if settled, err := next.executor.Recover(t.Context()); err != nil || len(settled) != 0 {
		t.Errorf("%+v, %v", settled, err)
	}
	if entry := next.entries(t)[0]; !entry.Open() {
		t.Errorf("%+v", entry.Outcome)
	}
}
