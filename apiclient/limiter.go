package apiclient

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is how many requests may go out, all operations together. PostHog
// publishes 480 a minute and 4,800 an hour for each key. A zero field is no limit.
// A request beyond it waits for its turn, as long as its context allows.
type Rate struct {
	PerMinute int
	PerHour   int
}

// PublishedRate is what PostHog says that it lets one key send.
func PublishedRate() Rate { return Rate{PerMinute: 480, PerHour: 4800} }

// Rate returns what the client lets out of itself; the zero Rate is no limit.
func (r Reader) Rate() Rate {
	if r.core == nil || r.core.limiter == nil {
		return Rate{}
	}
	return r.core.limiter.rate
}

// limiter keeps to a Rate. A nil limiter lets everything pass. It is safe for
// concurrent use.
type limiter struct {
	rate    Rate
	mu      sync.Mutex // Keeps the times that the buckets see in order.
	buckets []*rate.Limiter
}

// lag is how long after its turn a request may leave: it may have to connect first.
const lag = defaultConnectTimeout

// slowWait is from when on a wait is worth a line in the log.
const slowWait = time.Second

func newLimiter(limit Rate) (*limiter, error) {
	made := &limiter{rate: limit}
	for _, one := range []struct {
		name   string
		limit  int
		window time.Duration
	}{{"minute", limit.PerMinute, time.Minute}, {"hour", limit.PerHour, time.Hour}} {
		switch {
		case one.limit < 0:
			return nil, fmt.Errorf("the number of requests a %s is negative: %d", one.name, one.limit)
		case one.limit > 0:
			made.buckets = append(made.buckets, newBucket(one.limit, one.window))
		}
	}
	if len(made.buckets) == 0 {
		return nil, nil
	}
	return made, nil
}

// newBucket returns a token bucket of which at most limit requests come in any
// window. At the start of a window the bucket may be full, and during the window
// it is refilled; so what it holds and what is refilled must be the limit
// together. A quarter is enough for what a call usually does at once, and three
// quarters keep a batch moving. A request may leave as late as lag after its
// turn, so the turns of one window's requests lie within a window and lag.
func newBucket(limit int, window time.Duration) *rate.Limiter {
	burst := max(1, limit/4)
	refill := max(1, limit-burst)
	return rate.NewLimiter(rate.Limit(float64(refill)/(window+lag).Seconds()), burst)
}

// reserve takes a turn, and says how long it is till then. giveBack returns the
// turn if it is not used.
func (l *limiter) reserve(now func() time.Time) (wait time.Duration, giveBack func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := now()
	turns := make([]*rate.Reservation, len(l.buckets))
	for i, bucket := range l.buckets {
		turns[i] = bucket.ReserveN(at, 1)
		wait = max(wait, turns[i].DelayFrom(at))
	}
	return wait, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		at := now()
		for _, turn := range turns {
			turn.CancelAt(at)
		}
	}
}

// wait waits for a turn and returns how long it did; slow is told beforehand if
// that is long. If ctx ends, or would, before the turn comes, that is an error,
// and the turn is somebody else's.
func (l *limiter) wait(ctx context.Context, slow func(time.Duration)) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l == nil {
		return 0, nil
	}
	start := time.Now()
	wait, giveBack := l.reserve(time.Now)
	if wait == 0 {
		return 0, nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		giveBack()
		return 0, &turnError{rate: l.rate, wait: wait}
	}
	if wait > slowWait {
		slow(wait)
	}
	if err := sleep(ctx, wait); err != nil {
		giveBack()
		return 0, err
	}
	return time.Since(start), nil
}

// logSlow returns what tells that a call waits for its turn.
func (c *core) logSlow(ctx context.Context, call call) func(time.Duration) {
	return func(wait time.Duration) {
		tellTurn(ctx, wait)
		c.log.LogAttrs(ctx, slog.LevelInfo, "PostHog request waits for its turn",
			slog.String("method", call.method),
			slog.String("path", "/api/"+call.template),
			slog.Duration("wait", wait),
			slog.String("rate", c.limiter.rate.String()),
		)
	}
}

// String returns the limits that there are, such as "480 a minute and 4800 an hour".
func (r Rate) String() string {
	var limits []string
	if r.PerMinute > 0 {
		limits = append(limits, fmt.Sprintf("%d a minute", r.PerMinute))
	}
	if r.PerHour > 0 {
		limits = append(limits, fmt.Sprintf("%d an hour", r.PerHour))
	}
	if limits == nil {
		return "no limit"
	}
	return strings.Join(limits, " and ")
}

// turnError is a turn that comes too late for the caller.
type turnError struct {
	rate Rate
	wait time.Duration
}

func (e *turnError) Error() string {
	return fmt.Sprintf("the deadline is sooner than its turn, which comes in %v (%v may go out); try again then",
		e.wait.Round(time.Second), e.rate)
}

// Is matches context.DeadlineExceeded.
func (e *turnError) Is(target error) bool { return target == context.DeadlineExceeded }
