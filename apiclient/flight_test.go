package apiclient

import (
	"context"
	"errors"
	"testing"
	"time"
)

// fly returns a flight whose header limit has all but passed when it begins.
func fly(t *testing.T, write bool) (context.Context, *flight) {
	limits := Timeouts{Connect: time.Hour, Header: time.Nanosecond, Total: time.Hour}
	ctx, f := takeOff(t.Context(), limits, limits.Total, write, true)
	t.Cleanup(f.land)
	return ctx, f
}

func TestTheHeaderLimitRunsFromTheRequestToTheFirstByte(t *testing.T) {
	for name, stage := range map[string]struct {
		fly  func(*flight)
		ends bool
	}{
		"a request that is written":              {func(f *flight) { f.connecting(); f.gotConnection(); f.wrote(nil) }, true},
		"an answer that came first":              {func(f *flight) { f.connecting(); f.gotConnection(); f.gotAnswer(); f.wrote(nil) }, false},
		"a request that could not be written":    {func(f *flight) { f.connecting(); f.gotConnection(); f.wrote(errors.New("broken")) }, false},
		"a second attempt that is still dialing": {func(f *flight) { f.connecting(); f.gotConnection(); f.gotAnswer(); f.connecting() }, false},
		"a second attempt that is written": {func(f *flight) {
			f.connecting()
			f.gotConnection()
			f.gotAnswer()
			f.connecting()
			f.gotConnection()
			f.wrote(nil)
		}, true},
	} {
		ctx, f := fly(t, false)
		stage.fly(f)
		if !stage.ends {
			f.mu.Lock()
			running := f.stage != nil && f.connected && f.answered
			f.mu.Unlock()
			if running || ctx.Err() != nil {
				t.Errorf("%s: the header limit ran", name)
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the header limit did not run", name)
		}
		var timeout *TimeoutError
		if !errors.As(context.Cause(ctx), &timeout) || timeout.Limit != limitHeader {
			t.Errorf("%s: the cause is %v", name, context.Cause(ctx))
		}
	}
}

func TestAFlightThatLandedHasNoClockRunning(t *testing.T) {
	ctx, f := fly(t, true)
	f.connecting()
	f.land()
	f.wrote(nil) // net/http may still tell of the request afterwards.
	if f.stage != nil || !errors.Is(context.Cause(ctx), context.Canceled) {
		t.Errorf("stage %v, cause %v", f.stage, context.Cause(ctx))
	}
	if f.total.Stop() {
		t.Error("the total limit still ran")
	}
}

func TestOnlyAWriteBecomesUnsentAgain(t *testing.T) {
	for write, want := range map[bool]Sent{true: NotSent, false: MaybeSent} {
		_, f := fly(t, write)
		if f.sent() != NotSent {
			t.Error("it was sent before anything happened")
		}
		f.connecting()
		f.gotConnection()
		if f.sent() != MaybeSent {
			t.Error("it had a connection and was not sent")
		}
		f.connecting() // net/http tries again by itself.
		if got := f.sent(); got != want {
			t.Errorf("write %v: %v, want %v", write, got, want)
		}
	}
	if NotSent.String() != "not sent" || MaybeSent.String() != "maybe sent" {
		t.Errorf("%v, %v", NotSent, MaybeSent)
	}
}
