package main

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestTheMedianIsTheMiddleOfTheSortedValues(t *testing.T) {
	for _, test := range []struct {
		values sample
		want   float64
	}{
		{nil, 0},
		{sample{7}, 7},
		{sample{9, 1, 5}, 5},
		{sample{4, 1, 3, 2}, 2.5},
		{sample{1000, 1, 1, 1, 2}, 1},
	} {
		if got := test.values.median(); got != test.want {
			t.Errorf("the median of %v is %v, want %v", test.values, got, test.want)
		}
	}
}

func TestASampleStaysInTheOrderOfItsRuns(t *testing.T) {
	s := sample{3, 1, 2}
	if got := s.summary(); got != (summary{Runs: 3, Min: 1, Median: 2, Max: 3}) {
		t.Errorf("got %+v", got)
	}
	even, odd := s.halves()
	if len(even) != 2 || even[0] != 3 || even[1] != 2 || len(odd) != 1 || odd[0] != 1 {
		t.Errorf("halves: %v and %v", even, odd)
	}
}

func TestSamplesAreComparedRunByRun(t *testing.T) {
	// In two runs the machine was slow, for both.
	ours, direct := sample{1.2, 9.3, 1.1, 8.4}, sample{1, 9, 1, 8}
	if got := ours.minus(direct).median(); got < 0.24 || got > 0.26 {
		t.Errorf("the median of what each run took more is %v", got)
	}
	if got := (sample{1, 2}).minus(nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestDurationsAreNotedInMilliseconds(t *testing.T) {
	var s sample
	s.add(1500 * time.Microsecond)
	s.add(2500 * time.Microsecond)
	if s.mean() != 2 || s.median() != 2 || s[0] != 1.5 {
		t.Errorf("got %v", s)
	}
}

func TestNothingMeasuredIsNothingAndNoDivisionByZero(t *testing.T) {
	var none sample
	if none.summary() != (summary{}) || none.mean() != 0 || ratio(3, 0) != 0 {
		t.Errorf("got %+v, %v, %v", none.summary(), none.mean(), ratio(3, 0))
	}
	if ratio(3, 2) != 1.5 {
		t.Errorf("3 over 2 is %v", ratio(3, 2))
	}
}

func TestABoundKnowsItsSideAndItsEdge(t *testing.T) {
	for _, test := range []struct {
		relation relation
		value    float64
		ok       bool
	}{
		{atMost, 1.2, true}, {atMost, 1.3, true}, {atMost, 1.31, false},
		{under, 1.2, true}, {under, 1.3, false},
		{atLeast, 1.2, false}, {atLeast, 1.3, true}, {atLeast, 1.4, true},
	} {
		if got := *held(test.value, "", test.relation, 1.3).OK; got != test.ok {
			t.Errorf("%v %s 1.3: %v", test.value, test.relation, got)
		}
	}
}

func TestTheResidentSetIsReadFromTheProcesssStatus(t *testing.T) {
	got, err := parseResident("Name:\tours\nVmHWM:\t   9000 kB\nVmRSS:\t    8964 kB\nRssAnon:\t 3392 kB\n")
	if err != nil || got != 8964*1024 {
		t.Errorf("got %d, %v", got, err)
	}
	for _, status := range []string{"", "Name:\tzombie\n", "VmRSS:\tmuch kB\n"} {
		if got, err := parseResident(status); err == nil {
			t.Errorf("%q: got %d", status, got)
		}
	}
}

func TestMemoryIsReadUntilItStaysTheSame(t *testing.T) {
	looks := 0
	got, err := settled(t.Context(), func() (int64, error) {
		looks++
		return int64(min(looks, 5)), nil
	})
	if err != nil || got != 5 || looks != 5+settleLooks-1 {
		t.Errorf("got %d after %d looks, %v", got, looks, err)
	}
}

func TestMemoryThatNeverSettlesIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	looks := int64(0)
	_, err := settled(ctx, func() (int64, error) {
		if looks++; looks == 3 {
			cancel()
		}
		return looks, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
