package apiclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RetryPolicy says how often and how soon an operation that failed is tried
// again; whether it may be is the operation's own matter. A zero field has its
// default, so the zero policy is the usual one, and Tries: 1 means never again.
type RetryPolicy struct {
	// Tries is how often one operation is tried at most, the first included. Default 4.
	Tries int
	// FirstWait bounds the wait before the second try. The bound doubles with each
	// further try, and each wait is a random part of it. Default 250 ms.
	FirstWait time.Duration
	// MaxWait bounds every wait that the server did not ask for. Default 5 s.
	MaxWait time.Duration
	// MaxRetryAfter is the longest Retry-After that is waited for. If the server
	// asks for more, the operation fails at once. Default 15 s.
	MaxRetryAfter time.Duration
}

const (
	defaultTries         = 4
	defaultFirstWait     = 250 * time.Millisecond
	defaultMaxWait       = 5 * time.Second
	defaultMaxRetryAfter = 15 * time.Second
)

func (p RetryPolicy) withDefaults() (RetryPolicy, error) {
	switch {
	case p.Tries < 0:
		return RetryPolicy{}, fmt.Errorf("the number of tries is negative: %d", p.Tries)
	case p.Tries == 0:
		p.Tries = defaultTries
	}
	err := durationsOrDefaults("wait", []durationSetting{
		{"first", &p.FirstWait, defaultFirstWait},
		{"longest", &p.MaxWait, defaultMaxWait},
		{"longest requested", &p.MaxRetryAfter, defaultMaxRetryAfter},
	})
	return p, err
}

// waits makes the waits of one operation: each anything from nothing to its
// bound, which is called full jitter, so that clients that failed together do not
// come back together. The library spreads an interval by a factor to both sides,
// so that is half the bound, spread by all of itself.
func (p RetryPolicy) waits() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     min(p.FirstWait, p.MaxWait) / 2,
		MaxInterval:         p.MaxWait / 2,
		Multiplier:          2,
		RandomizationFactor: 1,
	}
}

// do carries one call out, with as many tries as its rule and the policy allow,
// and hands the body of a success to decode, or sees that there is none when
// decode is nil. Every request of the package goes through here. Its errors are
// *ArgumentError, *KeyError, *TransportError, *Error, *AnswerError, and
// *RetriedError around one of these.
//
// A key that the server refuses is renewed, once a call, and the request goes
// out with the other one, whatever the rule: a 401 is the server's word that it
// did nothing. Even a rotation does, which is never sent again after an outcome
// that nobody knows.
func (c *core) do(ctx context.Context, call call, decode func(*json.Decoder) error) error {
	if c == nil {
		return errors.New("this Reader was not made by a Client")
	}
	rule, waits, note := call.resend.rule(), c.retry.waits(), noteOf(ctx)
	deadline := time.Now().Add(c.limits.Total)
	var doubts []error // of earlier tries that may have been carried out
	renewed := false
	for tries := 1; ; tries++ {
		key, err := c.keyFor(ctx, call, deadline)
		if err != nil {
			return afterTries(tries-1, doubts, err)
		}
		request, err := c.request(call, key)
		if err != nil {
			return err
		}
		waited, err := c.limiter.wait(ctx, c.logSlow(ctx, call))
		if err != nil {
			return afterTries(tries-1, doubts, c.transportError(call, NotSent, err))
		}
		deadline = deadline.Add(waited)
		note.tried()
		err = c.once(ctx, call, request, decode, time.Until(deadline))
		if err == nil || rule.goneIsDone && len(doubts) > 0 && IsGone(err) {
			return nil
		}
		if !renewed && isRefused(key, call, err) {
			renewed = true
			other, failed := c.renewed(ctx, call, key, deadline)
			if failed != nil {
				return afterTries(tries, doubts, failed)
			}
			if !other.Equal(key) {
				tries-- // The policy counts what is tried again with the same key.
				continue
			}
		}
		if ctx.Err() != nil || tries == c.retry.Tries || !rule.allows(err) {
			return afterTries(tries, doubts, err)
		}
		wait, asked := waits.NextBackOff(), retryAfterOf(err)
		if asked > 0 {
			wait = asked
		}
		if asked > c.retry.MaxRetryAfter || wait >= timeLeft(ctx, deadline) {
			return afterTries(tries, doubts, err)
		}
		if errors.Is(err, ErrUnknownOutcome) {
			doubts = append(doubts, err)
		}
		c.logRetry(ctx, call, tries+1, wait, err)
		tellRetry(ctx, wait)
		if ended := sleep(ctx, wait); ended != nil {
			return afterTries(tries, doubts, c.transportError(call, NotSent, ended))
		}
	}
}

// retryAfterOf returns how long the server asked to wait; zero when it did not.
func retryAfterOf(err error) time.Duration {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.RetryAfter
	}
	return 0
}

// timeLeft returns the time until the operation's limit, or the caller's if that
// is sooner.
func timeLeft(ctx context.Context, deadline time.Time) time.Duration {
	if callers, ok := ctx.Deadline(); ok && callers.Before(deadline) {
		deadline = callers
	}
	return time.Until(deadline)
}

// sleep waits, or returns the error of a context that ends first.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// logRetry tells of a try that is about to be made, and of what made it necessary.
func (c *core) logRetry(ctx context.Context, call call, try int, wait time.Duration, cause error) {
	c.log.LogAttrs(ctx, slog.LevelDebug, "PostHog request is tried again",
		slog.String("method", call.method),
		slog.String("path", "/api/"+call.template),
		slog.Int("try", try),
		slog.Duration("wait", wait),
		slog.String("cause", cause.Error()),
	)
}
