package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/progress"
)

func unchanged(text string) string { return text }

func never() bool { return false }

// waiting are the lines that wait for the client, as "progress/total message".
func waiting(t *testing.T, from notices) []string {
	t.Helper()
	var lines []string
	for range len(from) {
		var line struct {
			Params struct {
				Progress float64
				Total    *float64
				Message  string
			}
		}
		raw := <-from
		if err := json.Unmarshal(raw, &line); err != nil || !bytes.HasSuffix(raw, []byte("}\n")) || bytes.Count(raw, []byte("\n")) != 1 {
			t.Fatalf("%q is no line: %v", raw, err)
		}
		total := "?"
		if line.Params.Total != nil {
			total = fmt.Sprint(*line.Params.Total)
		}
		lines = append(lines, fmt.Sprintf("%v/%s %s", line.Params.Progress, total, line.Params.Message))
	}
	return lines
}

func TestEachValueIsAboveTheLastOneWhateverIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := newNotices()
		r := newReporter(told, json.RawMessage(`1`), unchanged, never)
		for _, step := range []progress.Step{
			{What: "waiting"}, {What: "waiting"}, {Done: 1, Total: 3, What: "page"}, {Done: 1, Total: 3, What: "waiting"},
			{Done: 1, Total: 3, What: "waiting"}, {Done: 3, Total: 3, What: "page"}, {Done: 3, Total: 3, What: "waiting"},
			{Done: 4, Total: 13, What: "change"}, {Done: 13, Total: 13, What: "change"},
		} {
			r.tell(step)
			time.Sleep(progressPause)
		}
		r.end()
		want := []string{
			"0.5/? waiting", "0.75/? waiting", "1/3 page", "1.5/3 waiting", "1.75/3 waiting", "3/3 page", "3.5/? waiting",
			"4/13 change", "13/13 change",
		}
		if got := waiting(t, told); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		r = newReporter(told, json.RawMessage(`1`), unchanged, never)
		before := 0.0
		for range 200 { // More often than there are numbers in between.
			r.tell(progress.Step{Done: 5, Total: 6, What: "waiting"})
			time.Sleep(progressPause)
			if r.value < before || r.value >= 6 {
				t.Fatalf("%v came after %v", r.value, before)
			}
			before = r.value
		}
		if n := len(told); n < 20 || n > 100 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestAClientIsToldTenTimesASecondAtTheMostAndTheLastStepAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := newNotices()
		r := newReporter(told, json.RawMessage(`1`), unchanged, never)
		start := time.Now()
		for i := range 100 {
			r.tell(progress.Step{Done: i + 1, Total: 1000, What: "step"})
			time.Sleep(10 * time.Millisecond)
		}
		synctest.Wait()
		if n := len(told); n < 10 || n > 11 {
			t.Errorf("told %d times in %v", n, time.Since(start))
		}
		r.tell(progress.Step{Done: 999, Total: 1000, What: "step"})
		r.tell(progress.Step{Done: 1000, Total: 1000, What: "last"})
		r.end()
		lines := waiting(t, told)
		if last := lines[len(lines)-1]; last != "1000/1000 last" {
			t.Errorf("at last it told %s", last)
		}
		r.tell(progress.Step{Done: 1001, Total: 1001, What: "late"})
		r.end()
		time.Sleep(time.Second)
		if lines := waiting(t, told); len(lines) != 0 {
			t.Errorf("after the end it told %q", lines)
		}
	})
}

func TestAStepThatNothingFollowsIsToldALittleLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := newNotices()
		r := newReporter(told, json.RawMessage(`1`), unchanged, never)
		r.tell(progress.Step{Done: 1, Total: 9, What: "first"})
		r.tell(progress.Step{Done: 2, Total: 9, What: "second"})
		time.Sleep(progressPause)
		synctest.Wait()
		if got, want := waiting(t, told), []string{"1/9 first", "2/9 second"}; !slices.Equal(got, want) {
			t.Errorf("told %q", got)
		}
	})
}

func TestNothingIsToldOfACancelledRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cancelled atomic.Bool
		told := newNotices()
		r := newReporter(told, json.RawMessage(`1`), unchanged, cancelled.Load)
		r.tell(progress.Step{Done: 1, Total: 9, What: "first"})
		r.tell(progress.Step{Done: 2, Total: 9, What: "second"})
		cancelled.Store(true)
		time.Sleep(time.Second)
		r.tell(progress.Step{Done: 3, Total: 9, What: "third"})
		r.end()
		if got := waiting(t, told); !slices.Equal(got, []string{"1/9 first"}) {
			t.Errorf("told %q", got)
		}
	})
}
