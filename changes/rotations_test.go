package changes_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/seal"
)

// rotation is an order to rotate a token that is read anew at each look. Hidden
// is a project that does not show its tokens to the key.
func (s stage) rotation(t *testing.T, hidden bool) changes.Order {
	t.Helper()
	name := first(t, s.org.Projects()).Name
	order := s.order(changes.Set{{Kind: changes.TokenRotate}})
	order.Plan = func(ctx context.Context, org apiclient.OrganizationID) (changes.Set, error) {
		project, err := s.org.Project(ctx, name)
		if err != nil {
			return nil, err
		}
		if hidden {
			project.SecretAPIToken, project.SecretAPITokenBackup = nil, nil
		}
		return changes.Set{changes.RotateToken(org, project, nil)}, nil
	}
	return order
}

// Two previews of one rotation are two yeses to the same loss: the second one
// would cut off the token that the first left working.
func TestTwoConfirmationsOfOneRotationRotateOnce(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		sealer, err := seal.New([]byte(strings.Repeat("signing secret ", 3)))
		if err != nil {
			t.Fatal(err)
		}
		sharing := func(_ *apiclient.Config, o *changes.Options) { o.Sealer = sealer }
		one := newStage(t, confirming(changes.Ask), sharing)
		other := one.again(t, confirming(changes.Ask), sharing)
		var confirmed []changes.Order
		processes := []stage{one, other, one}
		for range processes {
			order := one.rotation(t, hidden)
			order.Consent = changes.Consent{Token: one.preview(t, order).Token, Answer: changes.Yes}
			confirmed = append(confirmed, order)
		}
		var calls sync.WaitGroup
		for i, process := range processes {
			calls.Go(func() { _, _ = process.executor.Apply(context.Background(), confirmed[i]) })
		}
		calls.Wait()
		if one.writes() != 1 {
			t.Errorf("hidden %v: %d rotations were sent", hidden, one.writes())
		}
	}
}

func TestAPreviewFromBeforeARotationOpensNothing(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		s := newStage(t, confirming(changes.Ask))
		earlier := s.rotation(t, hidden)
		earlier.Consent = changes.Consent{Token: s.preview(t, earlier).Token, Answer: changes.Yes}
		later := s.rotation(t, hidden)
		later.Consent.Ask = func(context.Context, changes.Question) changes.Answer { return changes.Yes }
		_, _ = s.executor.Apply(t.Context(), later)
		if again := s.preview(t, earlier); !again.Question.Again {
			t.Errorf("hidden %v: %+v", hidden, again)
		}
		if s.writes() != 1 {
			t.Errorf("hidden %v: %d rotations were sent", hidden, s.writes())
		}
	}
}

func TestTwoYesesToQuestionsAboutOneRotationAreAskedAgain(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	var asking, calls sync.WaitGroup
	asking.Add(2)
	asked := make(chan changes.Question, 10)
	for range 2 {
		order := s.rotation(t, false)
		n := 0
		order.Consent.Ask = func(_ context.Context, question changes.Question) changes.Answer {
			asked <- question
			if n++; n == 1 {
				asking.Done()
				asking.Wait() // Both have been shown the same before either is answered.
				return changes.Yes
			}
			return changes.No
		}
		calls.Go(func() { _, _ = s.executor.Apply(context.Background(), order) })
	}
	calls.Wait()
	close(asked)
	again := 0
	for question := range asked {
		if question.Again {
			again++
		}
	}
	if s.writes() != 1 || again != 1 {
		t.Errorf("%d rotations were sent, %d questions asked again", s.writes(), again)
	}
}
