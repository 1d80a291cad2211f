package apiclient

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// turns plays callers of a limiter against a clock of its own, and returns when
// their turns came. They come as next says; quitters is the part of them whose
// coming makes some earlier one give up.
func turns(l *limiter, callers int, random *rand.Rand, next func(*rand.Rand) time.Duration, quitters float64) []time.Time {
	now := time.Date(2024, 5, 1, 9, 30, 0, 0, time.UTC)
	type caller struct {
		turn     time.Time
		giveBack func()
	}
	var all []caller
	for range callers {
		now = now.Add(next(random))
		wait, giveBack := l.reserve(func() time.Time { return now })
		all = append(all, caller{now.Add(wait), giveBack})
		if random.Float64() >= quitters {
			continue
		}
		if i := random.IntN(len(all)); all[i].turn.After(now) {
			all[i].giveBack()
			all = slices.Delete(all, i, i+1)
		}
	}
	came := make([]time.Time, len(all))
	for i, caller := range all {
		came[i] = caller.turn
	}
	return came
}

func TestNoWindowHasMoreRequestsThanTheRateAllows(t *testing.T) {
	const callers = 10_000
	arrivals := map[string]func(*rand.Rand) time.Duration{
		"all at once": func(*rand.Rand) time.Duration { return 0 },
		"a stream":    func(*rand.Rand) time.Duration { return 100 * time.Millisecond },
		"a trickle":   func(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(int64(2 * time.Second))) },
		"bursts with pauses": func(r *rand.Rand) time.Duration {
			if r.IntN(300) == 0 {
				return time.Duration(r.Int64N(int64(30 * time.Minute)))
			}
			return time.Duration(r.Int64N(int64(10 * time.Millisecond)))
		},
	}
	for _, limit := range []Rate{{480, 4800}, {480, 0}, {0, 4800}, {60, 100}, {1000, 1200}, {7, 100_000}, {2, 3}, {1, 0}} {
		for name, next := range arrivals {
			for _, quitters := range []float64{0, 0.3} {
				t.Run(fmt.Sprintf("%v, %s, %v give up", limit, name, quitters), func(t *testing.T) {
					random := rand.New(rand.NewPCG(1, 2))
					l, err := newLimiter(limit)
					if err != nil {
						t.Fatal(err)
					}
					sent := turns(l, callers, random, next, quitters)
					if gaveUp := len(sent) < callers; name == "all at once" && gaveUp != (quitters > 0) {
						t.Errorf("%d of %d did not give up", len(sent), callers)
					}
					// Each request leaves some time after its turn.
					for i := range sent {
						sent[i] = sent[i].Add(time.Duration(random.Int64N(int64(lag))))
					}
					slices.SortFunc(sent, time.Time.Compare)
					for _, window := range []struct {
						most  int
						width time.Duration
					}{{limit.PerMinute, time.Minute}, {limit.PerHour, time.Hour}} {
						if window.most == 0 {
							continue
						}
						for i := range max(0, len(sent)-window.most) {
							// The library's times are floating point, cut to nanoseconds.
							if width := sent[i+window.most].Sub(sent[i]); width < window.width-time.Microsecond {
								t.Fatalf("%d requests went out within %v", window.most+1, width)
							}
						}
					}
				})
			}
		}
	}
}

func TestABatchIsSlowedDownNoMoreThanItMust(t *testing.T) {
	l, err := newLimiter(Rate{PerMinute: 480, PerHour: 4800})
	if err != nil {
		t.Fatal(err)
	}
	at := turns(l, 4800, rand.New(rand.NewPCG(1, 2)), func(*rand.Rand) time.Duration { return 0 }, 0)
	for request, most := range map[int]time.Duration{120: 0, 480: 66 * time.Second, 1200: 196 * time.Second, 4800: time.Hour + 6*time.Second} {
		if wait := at[request-1].Sub(at[0]); wait > most {
			t.Errorf("request %d waits %v, want %v at most", request, wait, most)
		}
	}
}

func TestATurnThatIsGivenBackIsTheNextCallers(t *testing.T) {
	l, err := newLimiter(Rate{PerMinute: 4, PerHour: 4000})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2024, 5, 1, 9, 30, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	if wait, _ := l.reserve(clock); wait != 0 {
		t.Errorf("the first waits %v", wait)
	}
	first, giveBack := l.reserve(clock)
	giveBack()
	if second, _ := l.reserve(clock); first == 0 || second != first {
		t.Errorf("the next waits %v instead of %v", second, first)
	}
}
