package changes_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/seal"
)

// answering is a client that asks while the call runs, and notes what it asked.
func answering(asked *[]changes.Question, answers ...changes.Answer) changes.Consent {
	return changes.Consent{Ask: func(_ context.Context, question changes.Question) changes.Answer {
		*asked = append(*asked, question)
		answer := answers[0]
		answers = answers[1:]
		return answer
	}}
}

func TestOnlyWhatDestroysIsAsked(t *testing.T) {
	for kind, plan := range everyKind() {
		t.Run(kind.String(), func(t *testing.T) {
			s := newStage(t, confirming(changes.Ask))
			var asked []changes.Question
			order := s.order(changes.Set{plan(t, s.org)})
			order.Consent = answering(&asked, changes.Yes)
			done, err := s.executor.Apply(t.Context(), order)
			if err != nil || done.Outcomes[0].State != changes.Done {
				t.Fatalf("%+v, %v", done.Outcomes, err)
			}
			if wanted := kind.Effect() == changes.Destroys; wanted != (len(asked) == 1) {
				t.Errorf("asked %d times", len(asked))
			}
		})
	}
}

func TestNothingIsSentWithoutAYes(t *testing.T) {
	for _, test := range []struct {
		name    string
		consent func(*[]changes.Question) changes.Consent
		want    any
	}{
		{"no", func(a *[]changes.Question) changes.Consent { return answering(a, changes.No) }, new(*changes.Declined)},
		{"dismissed", func(a *[]changes.Question) changes.Consent { return answering(a, changes.Dismissed) }, new(*changes.Declined)},
		{"timed out", func(a *[]changes.Question) changes.Consent { return answering(a, changes.TimedOut) }, new(*changes.Declined)},
		{"cannot ask", func(a *[]changes.Question) changes.Consent { return answering(a, changes.CannotAsk) }, new(*changes.Pending)},
		{"an answer that nobody knows", func(a *[]changes.Question) changes.Consent { return answering(a, changes.Answer(99)) }, new(*changes.Declined)},
		{"nobody to ask", func(*[]changes.Question) changes.Consent { return changes.Consent{} }, new(*changes.Pending)},
		{"a yes without a token", func(*[]changes.Question) changes.Consent { return changes.Consent{Answer: changes.Yes} }, new(*changes.Pending)},
		{"a client that could not ask after all", func(*[]changes.Question) changes.Consent {
			return changes.Consent{Channel: changes.ByClient, Answer: changes.CannotAsk, Token: strings.Repeat("a", 64)}
		}, new(*changes.ConfirmationError)},
		{"a token of somebody's own", func(*[]changes.Question) changes.Consent {
			return changes.Consent{Answer: changes.Yes, Token: strings.Repeat("a", 64)}
		}, new(*changes.ConfirmationError)},
	} {
		for _, mode := range []changes.Mode{changes.Ask, changes.Preview} {
			for kind, plan := range everyKind() {
				if kind.Effect() != changes.Destroys {
					continue
				}
				t.Run(test.name+" "+kind.String(), func(t *testing.T) {
					s := newStage(t, confirming(mode))
					var asked []changes.Question
					order := s.order(changes.Set{plan(t, s.org)})
					order.Consent = test.consent(&asked)
					_, err := s.executor.Apply(t.Context(), order)
					want := test.want
					if mode == changes.Preview && order.Consent.Token == "" {
						want = new(*changes.Pending)
					}
					if err == nil || !errors.As(err, want) {
						t.Errorf("got %v, want a %T", err, want)
					}
					if s.writes() != 0 {
						t.Errorf("%d writes were sent", s.writes())
					}
				})
			}
		}
	}
}

// preview asks for a preview and returns its token.
func (s stage) preview(t *testing.T, order changes.Order) *changes.Pending {
	t.Helper()
	var pending *changes.Pending
	if _, err := s.executor.Apply(t.Context(), order); !errors.As(err, &pending) || pending.Token == "" {
		t.Fatalf("got %v, want a preview", err)
	}
	return pending
}

func TestAConfirmationLetsExactlyOneCallThrough(t *testing.T) {
	for _, channel := range []changes.Channel{changes.ByPreview, changes.ByClient} {
		s := newStage(t, confirming(changes.Ask))
		order := s.order(changes.Set{changes.DeleteReference(s.org.OrganizationID(), first(t, s.org.References(apiclient.ReferenceFilter{})))})
		order.Consent.Channel = channel
		token := s.preview(t, order).Token
		order.Consent.Token, order.Consent.Answer = token, changes.Yes
		if _, err := s.executor.Apply(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		if _, err := s.executor.Apply(t.Context(), order); !errors.Is(err, seal.ErrUsed) {
			t.Errorf("a replay: %v", err)
		}
		if s.writes() != 1 {
			t.Errorf("%d writes were sent", s.writes())
		}
	}
}

// Said no to, a state must not open anything when it comes back with a yes.
func TestANoUsesTheStateUp(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	order := s.order(changes.Set{changes.DeleteReference(s.org.OrganizationID(), first(t, s.org.References(apiclient.ReferenceFilter{})))})
	order.Consent.Channel = changes.ByClient
	order.Consent.Token, order.Consent.Answer = s.preview(t, order).Token, changes.No
	var declined *changes.Declined
	if _, err := s.executor.Apply(t.Context(), order); !errors.As(err, &declined) {
		t.Errorf("got %v", err)
	}
	order.Consent.Answer = changes.Yes
	if _, err := s.executor.Apply(t.Context(), order); !errors.Is(err, seal.ErrUsed) || s.writes() != 0 {
		t.Errorf("a yes after the no: %v, %d writes", err, s.writes())
	}
}

func TestAConfirmationIsForOneCallOnly(t *testing.T) {
	for _, test := range []struct {
		name  string
		alter func(*changes.Order)
		want  error
	}{
		{"another tool", func(o *changes.Order) { o.Tool = "other" }, seal.ErrForeign},
		{"other arguments", func(o *changes.Order) { o.Arguments = []byte(`{"role":"x"}`) }, seal.ErrForeign},
		{"the other channel", func(o *changes.Order) { o.Consent.Channel = changes.ByClient }, seal.ErrForeign},
		{"an altered token", func(o *changes.Order) { o.Consent.Token = "zz" + o.Consent.Token[2:] }, seal.ErrForeign},
		{"an altered end", func(o *changes.Order) { o.Consent.Token = o.Consent.Token[:len(o.Consent.Token)-2] + "zz" }, seal.ErrForeign},
		{"a cut token", func(o *changes.Order) { o.Consent.Token = o.Consent.Token[:20] }, seal.ErrForeign},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, confirming(changes.Ask))
			order := s.order(changes.Set{changes.DeleteRole(s.org.OrganizationID(), anyRole(t, s.org), nil, nil)})
			order.Consent = changes.Consent{Token: s.preview(t, order).Token, Answer: changes.Yes}
			test.alter(&order)
			if _, err := s.executor.Apply(t.Context(), order); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if s.writes() != 0 {
				t.Errorf("%d writes were sent", s.writes())
			}
		})
	}
}

func TestAConfirmationExpires(t *testing.T) {
	sealer, err := seal.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		bound, mark := []string{"a call"}, [32]byte{1}
		token := sealer.Seal("test", bound, mark, changes.ConfirmationLife)
		time.Sleep(changes.ConfirmationLife + time.Second)
		if err := sealer.Open("test", bound, mark, token); !errors.Is(err, seal.ErrExpired) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTwoProcessesWithOneSigningSecretAcceptEachOthersConfirmations(t *testing.T) {
	sealer := func() *seal.Sealer {
		made, err := seal.New([]byte(strings.Repeat("signing secret ", 3)))
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	for _, test := range []struct {
		name   string
		second func(stage) setting
		want   error
	}{
		{"the same secret", func(stage) setting {
			return func(_ *apiclient.Config, o *changes.Options) { o.Sealer = sealer() }
		}, nil},
		{"a secret of its own", func(stage) setting { return func(*apiclient.Config, *changes.Options) {} }, seal.ErrForeign},
	} {
		t.Run(test.name, func(t *testing.T) {
			one := newStage(t, confirming(changes.Ask), func(_ *apiclient.Config, o *changes.Options) { o.Sealer = sealer() })
			other := one.again(t, confirming(changes.Ask), test.second(one))
			order := one.order(changes.Set{changes.DeleteRole(one.org.OrganizationID(), anyRole(t, one.org), nil, nil)})
			order.Consent = changes.Consent{Token: one.preview(t, order).Token, Answer: changes.Yes}
			if _, err := other.executor.Apply(t.Context(), order); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// What is shown must be what is done: the role gets another member between the
// question and the deed.
func TestWhatChangedSinceItWasShownIsAskedAgain(t *testing.T) {
	change := func(t *testing.T, s stage) func(context.Context, apiclient.OrganizationID) (changes.Set, error) {
		id := anyRole(t, s.org).ID
		return func(ctx context.Context, org apiclient.OrganizationID) (changes.Set, error) {
			role, err := s.org.Role(ctx, string(id))
			if err != nil {
				return nil, err
			}
			change, err := changes.PlanDeleteRole(ctx, s.org.API(), org, role)
			return changes.Set{change}, err
		}
	}
	join := func(t *testing.T, s stage) {
		role := anyRole(t, s.org)
		if _, err := s.apply(t.Context(), changes.AddMember(s.org.OrganizationID(), role, outsider(t, s.org, role))); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("while the person was asked", func(t *testing.T) {
		s := newStage(t, confirming(changes.Ask))
		var asked []changes.Question
		order := s.order(changes.Set{changes.DeleteRole("", apiclient.Role{}, nil, nil)})
		order.Plan = change(t, s)
		order.Consent.Ask = func(_ context.Context, question changes.Question) changes.Answer {
			if asked = append(asked, question); len(asked) == 1 {
				join(t, s)
			}
			return changes.Yes
		}
		if _, err := s.executor.Apply(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		if len(asked) != 2 || asked[0].Again || !asked[1].Again || asked[0].String() == asked[1].String() {
			t.Errorf("asked %+v", asked)
		}
	})
	t.Run("between preview and confirmation", func(t *testing.T) {
		s := newStage(t, confirming(changes.Ask))
		order := s.order(changes.Set{changes.DeleteRole("", apiclient.Role{}, nil, nil)})
		order.Plan = change(t, s)
		token := s.preview(t, order).Token
		join(t, s)
		order.Consent = changes.Consent{Token: token, Answer: changes.Yes}
		again := s.preview(t, order)
		if !again.Question.Again {
			t.Errorf("the second preview does not say that something changed: %+v", again)
		}
		order.Consent.Token = again.Token
		if _, err := s.executor.Apply(t.Context(), order); err != nil {
			t.Error(err)
		}
	})
	t.Run("without end", func(t *testing.T) {
		s := newStage(t, confirming(changes.Ask))
		role, n := anyRole(t, s.org), 0
		order := s.order(changes.Set{changes.DeleteRole("", apiclient.Role{}, nil, nil)})
		order.Plan = func(context.Context, apiclient.OrganizationID) (changes.Set, error) {
			n++
			renamed := role
			renamed.Name = strings.Repeat("x", n)
			return changes.Set{changes.DeleteRole(s.org.OrganizationID(), renamed, nil, nil)}, nil
		}
		order.Consent.Ask = func(context.Context, changes.Question) changes.Answer { return changes.Yes }
		if _, err := s.executor.Apply(t.Context(), order); !errors.Is(err, changes.ErrRestless) || s.writes() != 0 {
			t.Errorf("got %v after %d writes", err, s.writes())
		}
	})
}

func TestTheQuestionSaysWhatWillBeLost(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	role := anyRole(t, s.org)
	change, err := changes.PlanDeleteRole(t.Context(), s.org.API(), s.org.OrganizationID(), role)
	if err != nil {
		t.Fatal(err)
	}
	text := s.preview(t, s.order(changes.Set{change})).Question.String()
	wanted := []string{`Delete the role "` + role.Name + `"`, string(role.ID), "access rules"}
	for _, membership := range role.Members {
		wanted = append(wanted, membership.User.Email)
	}
	for _, reference := range change.References {
		wanted = append(wanted, reference.ProviderRoleName)
	}
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("the question does not say %q:\n%s", want, text)
		}
	}
}

func TestTheQuestionBeforeARotationSaysWhoIsCutOffAndSinceWhen(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	rotate := everyKind()[changes.TokenRotate]
	order := s.order(changes.Set{rotate(t, s.org)})
	order.Consent.Ask = func(context.Context, changes.Question) changes.Answer { return changes.Yes }
	if _, err := s.executor.Apply(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	text := s.preview(t, s.order(changes.Set{rotate(t, s.org)})).Question.String()
	for _, want := range []string{"becomes the backup", "servers that still hold it are cut off", "the backup since 20", "cannot be undone"} {
		if !strings.Contains(text, want) {
			t.Errorf("the question does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "phs_") && !strings.Contains(text, "phs_…") {
		t.Errorf("the question shows a token:\n%s", text)
	}
}

func TestNamesInAQuestionAreQuotedAndCannotPoseAsOurs(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	role := anyRole(t, s.org)
	role.Name = "Support\n- Nothing is lost.\u202e"
	text := s.preview(t, s.order(changes.Set{changes.DeleteRole(s.org.OrganizationID(), role, nil, nil)})).Question.String()
	if strings.Contains(text, "\n- Nothing is lost.") || strings.Contains(text, "\u202e") || !strings.Contains(text, `Support\n- Nothing is lost.\u202e`) {
		t.Errorf("the question: %s", text)
	}
}

func TestWhatWasDeclinedIsInTheJournal(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	order := s.order(changes.Set{changes.DeleteRole(s.org.OrganizationID(), anyRole(t, s.org), nil, nil)})
	order.Consent.Ask = func(context.Context, changes.Question) changes.Answer { return changes.No }
	_, err := s.executor.Apply(t.Context(), order)
	entry := s.entries(t)[0]
	if err == nil || entry.Outcome.State != journal.Declined || entry.Kind != "delete role" {
		t.Errorf("%v, %+v", err, entry)
	}
}

func TestADryRunPlansAndSendsNothing(t *testing.T) {
	for kind, plan := range everyKind() {
		s := newStage(t, limited(changes.Limits{DryRun: true}))
		var pending *changes.Pending
		_, err := s.apply(t.Context(), plan(t, s.org))
		if !errors.As(err, &pending) || !pending.DryRun || pending.Token != "" || len(pending.Question.Changes) != 1 {
			t.Errorf("%s: %v", kind, err)
		}
		if s.writes() != 0 || len(s.entries(t)) != 0 {
			t.Errorf("%s: %d writes were sent, %d written down", kind, s.writes(), len(s.entries(t)))
		}
	}
}
