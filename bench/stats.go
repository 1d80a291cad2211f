package main

import (
	"slices"
	"time"
)

// sample is what was measured in a number of runs, in the order of the runs.
type sample []float64

// add notes a duration in milliseconds.
func (s *sample) add(d time.Duration) { *s = append(*s, milliseconds(d)) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median is the middle value, or the mean of the two in the middle; 0 of none.
func (s sample) median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// mean is the sum over the number; 0 of none.
func (s sample) mean() float64 {
	if len(s) == 0 {
		return 0
	}
	var sum float64
	for _, value := range s {
		sum += value
	}
	return sum / float64(len(s))
}

// halves are the runs of even and of odd number. They measure the same thing at
// the same time, so what they differ by is noise.
func (s sample) halves() (even, odd sample) {
	for i, value := range s {
		if i%2 == 0 {
			even = append(even, value)
		} else {
			odd = append(odd, value)
		}
	}
	return even, odd
}

// minus is what each run took more than the same run of another sample.
func (s sample) minus(other sample) sample {
	more := make(sample, min(len(s), len(other)))
	for i := range more {
		more[i] = s[i] - other[i]
	}
	return more
}

// ratio is a over b, and 0 when b is.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// summary is a sample as it is reported.
type summary struct {
	Runs   int     `json:"runs"`
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

func (s sample) summary() summary {
	if len(s) == 0 {
		return summary{}
	}
	return summary{Runs: len(s), Min: slices.Min(s), Median: s.median(), Max: slices.Max(s)}
}
