package holder

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/apiclient"
)

// counted is a known whose reads are counted, and take as long as took says.
func counted(took time.Duration, answer func(read int) (string, error)) (*known[string], *atomic.Int64) {
	reads := &atomic.Int64{}
	return &known[string]{read: func(ctx context.Context) (string, error) {
		read := int(reads.Add(1))
		select {
		case <-time.After(took):
			return answer(read)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}}, reads
}

func numbered(read int) (string, error) { return fmt.Sprint("answer ", read), nil }

func TestOneReadServesAllWhoAskAtTheSameTimeAndLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, reads := counted(time.Second, numbered)
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if got, err := k.get(t.Context(), demand{}); got != "answer 1" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		callers.Wait()
		time.Sleep(time.Hour)
		if got, err := k.get(t.Context(), demand{patience: time.Second}); got != "answer 1" || err != nil || reads.Load() != 1 {
			t.Errorf("got %q, %v after %d reads", got, err, reads.Load())
		}
	})
}

func TestACallerWhoLeavesSpoilsNothingForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, reads := counted(time.Second, numbered)
		leaving, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if got, err := k.get(leaving, demand{}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %q, %v", got, err)
			}
		})
		synctest.Wait() // The one who leaves has begun the read.
		callers.Go(func() {
			if got, err := k.get(t.Context(), demand{}); got != "answer 1" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
		synctest.Wait()
		leave()
		callers.Wait()
		if reads.Load() != 1 {
			t.Errorf("%d reads", reads.Load())
		}
	})
}

func TestAFailureThatMayPassIsForgottenAndARefusalIsNot(t *testing.T) {
	passing := &apiclient.Error{Status: 503}
	for name, test := range map[string]struct {
		err                            error
		atOnce, insisting, afterAPause int // reads in all
	}{
		"a server fault":    {passing, 1, 2, 3},
		"a broken network":  {&apiclient.TransportError{Err: errors.New("reset")}, 1, 2, 3},
		"not authenticated": {&apiclient.Error{Status: 401}, 1, 1, 1},
		"forbidden":         {&apiclient.Error{Status: 403}, 1, 1, 1},
		"not found":         {&apiclient.Error{Status: 404}, 1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, reads := counted(0, func(int) (string, error) { return "", test.err })
				for _, step := range []struct {
					pause  time.Duration
					demand demand
					want   int
				}{
					{0, demand{}, 1}, {0, demand{}, test.atOnce}, {0, demand{insist: true}, test.insisting}, {pause, demand{}, test.afterAPause},
				} {
					time.Sleep(step.pause)
					if _, err := k.get(t.Context(), step.demand); !errors.Is(err, test.err) || int(reads.Load()) != step.want {
						t.Errorf("%v after %d reads, want %d", err, reads.Load(), step.want)
					}
				}
			})
		})
	}
}

func TestAReadThatHangsHoldsNobodyUpForLongAndIsTriedAgainLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, reads := counted(time.Hour, numbered)
		waited := func() time.Duration {
			began := time.Now()
			if got, err := k.get(t.Context(), demand{patience: 2 * time.Second}); err == nil {
				t.Errorf("got %q", got)
			}
			return time.Since(began)
		}
		var first sync.WaitGroup
		first.Go(func() {
			if got := waited(); got != 2*time.Second {
				t.Errorf("the first waited %v", got)
			}
		})
		time.Sleep(1500 * time.Millisecond)
		if got := waited(); got != 500*time.Millisecond {
			t.Errorf("one who came later waited %v", got)
		}
		first.Wait()
		if got := waited(); got != 0 {
			t.Errorf("one who came still later waited %v", got)
		}
		time.Sleep(readTime)
		if got := waited(); got != 0 || reads.Load() != 1 {
			t.Errorf("after the failure one waited %v, %d reads", got, reads.Load())
		}
		time.Sleep(pause)
		if got := waited(); got != 2*time.Second || reads.Load() != 2 {
			t.Errorf("after the pause one waited %v, %d reads", got, reads.Load())
		}
		time.Sleep(readTime)
	})
}

func TestAnAnswerThatIsTooOldIsReadAnewAndOneThatStaysAwayCostsNothingOfTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := errors.New("the network broke")
		k, reads := counted(0, func(read int) (string, error) {
			if read == 3 {
				return "", failing
			}
			return numbered(read)
		})
		young := demand{maxAge: time.Second}
		for _, step := range []struct {
			later time.Duration
			d     demand
			want  string
			err   error
			reads int64
		}{
			{0, young, "answer 1", nil, 1},
			{time.Second, young, "answer 1", nil, 1},
			{time.Minute, demand{}, "answer 1", nil, 1},
			{0, young, "answer 2", nil, 2},
			{time.Minute, young, "", failing, 3},
			{0, demand{}, "answer 2", nil, 3},
			{0, young, "", failing, 3},
			{0, demand{maxAge: time.Second, insist: true}, "answer 4", nil, 4},
		} {
			time.Sleep(step.later)
			got, err := k.get(t.Context(), step.d)
			if got != step.want || !errors.Is(err, step.err) || reads.Load() != step.reads {
				t.Errorf("%+v: got %q, %v, %d reads", step, got, err, reads.Load())
			}
		}
	})
}

func TestAPanicInAReadIsAnErrorOfThoseWhoWait(t *testing.T) {
	k := &known[string]{read: func(context.Context) (string, error) { panic("lost") }}
	if got, err := k.get(t.Context(), demand{}); !errors.Is(err, errBug) {
		t.Errorf("got %q, %v", got, err)
	}
}
