package resources

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/tools"
)

// answering completes from one source, and counts how often it is read.
func answering(from source) (*Completer, *atomic.Int64) {
	var readings atomic.Int64
	c := NewCompleter(tools.Environment{}, slog.New(slog.DiscardHandler))
	c.sources = map[Words]source{Roles: func(ctx context.Context, env tools.Environment) ([]word, error) {
		readings.Add(1)
		return from(ctx, env)
	}}
	return c, &readings
}

func words(values ...string) []word {
	var all []word
	for _, value := range values {
		all = append(all, word{value: value})
	}
	return all
}

func TestWhatBeginsWithTheTypedComesBeforeWhatHoldsItAndCaseIsIgnored(t *testing.T) {
	all := []word{
		{value: "Support"}, {value: "Customer support"}, {value: "SUPER users"}, {value: "Sales"}, {value: "sales"},
		{value: "straße@example.com", labels: []string{"Jürgen Suppé", "Suppé"}}, {value: "Support"},
	}
	for typed, want := range map[string][]string{
		"sup":     {"straße@example.com", "SUPER users", "Support", "Customer support"},
		"SUPP":    {"straße@example.com", "Support", "Customer support"},
		"STRASSE": {"straße@example.com"},
		"sales":   {"Sales", "sales"},
		"jürgen":  {"straße@example.com"},
		"nobody":  nil,
	} {
		if got := matching(all, typed); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	if got := matching(all, ""); len(got) != 6 {
		t.Errorf("nothing typed: %q", got)
	}
}

// No name in PostHog is that long, and a hundred of them would be.
func TestWordsThatAreTooLongAreNeitherOfferedNorCompleted(t *testing.T) {
	long := strings.Repeat("role", 1000)
	c, _ := answering(func(context.Context, tools.Environment) ([]word, error) {
		return []word{{value: "role"}, {value: long}, {value: "short", labels: []string{long}}}, nil
	})
	if got := c.Complete(t.Context(), Roles, ""); !reflect.DeepEqual(got, Completion{Values: []string{"role"}, Total: 1}) {
		t.Errorf("%d values of %d", len(got.Values), got.Total)
	}
	if got := c.Complete(t.Context(), Roles, long); len(got.Values) != 0 {
		t.Errorf("%d values", len(got.Values))
	}
}

func TestACompletionHasAHundredValuesAtMostAndSaysHowManyThereAre(t *testing.T) {
	var all []word
	for i := range 250 {
		all = append(all, word{value: fmt.Sprintf("role %03d", i)})
	}
	c, _ := answering(func(context.Context, tools.Environment) ([]word, error) { return all, nil })
	for typed, want := range map[string]Completion{
		"role 00": {Total: 10}, "role": {Total: 250}, "": {Total: 250}, "role 2": {Total: 50},
	} {
		got := c.Complete(t.Context(), Roles, typed)
		if got.Total != want.Total || len(got.Values) != min(want.Total, 100) {
			t.Errorf("%q: %d values of %d", typed, len(got.Values), got.Total)
		}
	}
}

func TestWhatWasReadCompletesForHalfAMinuteAndIsForgottenAfterAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, readings := answering(func(context.Context, tools.Environment) ([]word, error) { return words("Support"), nil })
		ask := func(after time.Duration, want int64) {
			t.Helper()
			time.Sleep(after)
			if got := c.Complete(t.Context(), Roles, "s"); got.Total != 1 {
				t.Errorf("got %+v", got)
			}
			if readings.Load() != want {
				t.Errorf("%d readings, want %d", readings.Load(), want)
			}
		}
		ask(0, 1)
		ask(29*time.Second, 1)
		ask(time.Second, 2)
		c.Forget()
		ask(0, 3)
	})
}

func TestManyKeystrokesWaitForOneReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, readings := answering(func(context.Context, tools.Environment) ([]word, error) {
			time.Sleep(time.Second)
			return words("Support"), nil
		})
		var typing sync.WaitGroup
		for range 20 {
			typing.Go(func() {
				if got := c.Complete(t.Context(), Roles, "s"); got.Total != 1 {
					t.Errorf("got %+v", got)
				}
			})
		}
		typing.Wait()
		if readings.Load() != 1 {
			t.Errorf("%d readings", readings.Load())
		}
	})
}

func TestAfterTwoSecondsTheCompletionIsEmptyAndTheReadingGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, readings := answering(func(ctx context.Context, _ tools.Environment) ([]word, error) {
			select {
			case <-time.After(5 * time.Second):
				return words("Support"), nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		if got := c.Complete(ctx, Roles, "s"); got.Total != 0 || time.Since(start) != 2*time.Second {
			t.Errorf("got %+v after %v", got, time.Since(start))
		}
		cancel() // as when its request is answered
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if got := c.Complete(t.Context(), Roles, "s"); got.Total != 1 || readings.Load() != 1 {
			t.Errorf("got %+v after %d readings", got, readings.Load())
		}
	})
}

func TestAReadingThatAWriteHasOvertakenCompletesNothingThatIsAskedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var roles atomic.Value
		roles.Store("Support")
		c, _ := answering(func(context.Context, tools.Environment) ([]word, error) {
			found := words(roles.Load().(string))
			time.Sleep(time.Second)
			return found, nil
		})
		go c.Complete(t.Context(), Roles, "")
		synctest.Wait()
		roles.Store("Care")
		c.Forget()
		if got := c.Complete(t.Context(), Roles, ""); !reflect.DeepEqual(got.Values, []string{"Care"}) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestWhatCannotBeReadIsAnEmptyCompletionAndADebugLine(t *testing.T) {
	for name, from := range map[string]source{
		"a failure": func(context.Context, tools.Environment) ([]word, error) { return nil, errors.New("no scope") },
		"a panic":   func(context.Context, tools.Environment) ([]word, error) { panic("no scope") },
	} {
		var log strings.Builder
		c, readings := answering(from)
		c.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		for range 3 {
			if got := c.Complete(t.Context(), Roles, ""); len(got.Values) != 0 || got.Total != 0 {
				t.Errorf("%s: got %+v", name, got)
			}
		}
		if readings.Load() != 1 {
			t.Errorf("%s: it was tried %d times", name, readings.Load())
		}
		if !strings.Contains(log.String(), "level=DEBUG") || !strings.Contains(log.String(), "no scope") {
			t.Errorf("%s: the log says %s", name, log.String())
		}
	}
}

func TestWordsOfNoKindCompleteNothing(t *testing.T) {
	c, _ := answering(nil)
	if got := c.Complete(t.Context(), "planet", ""); len(got.Values) != 0 {
		t.Errorf("got %+v", got)
	}
}
