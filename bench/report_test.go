package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// lines are one of each kind.
func lines(medianOfOurs float64) []line {
	return []line{
		{Group: "start", Name: "peer", Unit: inMilliseconds, summary: sample{9, 10, 11}.summary(), Score: shown(1.02, "× itself")},
		{Group: "start", Name: "ours", Unit: inMilliseconds, summary: sample{medianOfOurs}.summary(),
			Score: held(medianOfOurs/10, "× peer", atMost, 1.3)},
		{Group: "memory", Name: "ours", Unit: inMegabytes},
		{Group: "list", Name: "tools/list", Unit: inBytes, summary: sample{38813}.summary()},
	}
}

func TestAReportIsFineUnlessABoundIsMissed(t *testing.T) {
	if !newReport(lines(13)).OK {
		t.Error("1.3 of at most 1.3 is not ok")
	}
	if newReport(lines(14)).OK {
		t.Error("1.4 of at most 1.3 is ok")
	}
}

func TestTheTableSaysWhatCameOfEachLine(t *testing.T) {
	var out bytes.Buffer
	if err := newReport(lines(14)).writeTable(&out); err != nil {
		t.Fatal(err)
	}
	table := out.String()
	for _, cells := range [][]string{
		{"peer", "3", "9.00", "10.00", "11.00", "ms", "1.02 × itself"},
		{"ours", "14.00", "1.40 × peer", "≤ 1.3", "over"},
		{"not measured here"},
		{"tools/list", "38813", "bytes"},
		{thisMachine().Go},
	} {
		if !hasLineWith(table, cells) {
			t.Errorf("no line with %q in\n%s", cells, table)
		}
	}
	if strings.Count(table, "start") != 1 {
		t.Errorf("the group is named more than once:\n%s", table)
	}
}

func hasLineWith(text string, parts []string) bool {
	for line := range strings.Lines(text) {
		found := 0
		for _, part := range parts {
			if strings.Contains(line, part) {
				found++
			}
		}
		if found == len(parts) {
			return true
		}
	}
	return false
}

func TestTheJSONSaysTheSame(t *testing.T) {
	var out bytes.Buffer
	if err := newReport(lines(14)).writeJSON(&out); err != nil {
		t.Fatal(err)
	}
	var read report
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if read.OK || len(read.Lines) != 4 || read.Machine.CPUs < 1 {
		t.Fatalf("got %+v", read)
	}
	ours := read.Lines[1]
	if ours.Median != 14 || ours.Score == nil || ours.Score.OK == nil || *ours.Score.OK || ours.Score.Bound.Limit != 1.3 {
		t.Errorf("got %+v", ours)
	}
	if read.Lines[0].Score.OK != nil || read.Lines[3].Score != nil {
		t.Error("a line without a bound has a verdict")
	}
}
