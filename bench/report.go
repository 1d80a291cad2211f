package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// The units of what is measured.
const (
	inMilliseconds = "ms"
	inBytes        = "bytes"
	inMegabytes    = "MB" // of 1,000,000 bytes
	inRequests     = "requests"
)

// line is one row of the report: what was measured and what it comes to.
type line struct {
	Group   string `json:"group"`
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	summary        // zero when this machine cannot measure it
	Score   *score `json:"score,omitempty"`
}

// score is the one number that a line comes to.
type score struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Bound *bound  `json:"bound,omitempty"`
	// OK is nil without a bound.
	OK *bool `json:"ok,omitempty"`
}

// relation is how a value has to stand to its bound.
type relation string

const (
	atMost  relation = "at most"
	under   relation = "under"
	atLeast relation = "at least"
)

// bound is what a value is held to.
type bound struct {
	Relation relation `json:"relation"`
	Limit    float64  `json:"limit"`
}

func (b bound) holds(value float64) bool {
	switch b.Relation {
	case atMost:
		return value <= b.Limit
	case under:
		return value < b.Limit
	default:
		return value >= b.Limit
	}
}

// held is a score that must keep a bound.
func held(value float64, unit string, relation relation, limit float64) *score {
	kept := bound{relation, limit}
	ok := kept.holds(value)
	return &score{Value: value, Unit: unit, Bound: &kept, OK: &ok}
}

// shown is a score that is told for what it is.
func shown(value float64, unit string) *score { return &score{Value: value, Unit: unit} }

// machine is where the numbers come from.
type machine struct {
	System string `json:"system"`
	Go     string `json:"go"`
	CPUs   int    `json:"cpus"`
	// Load is how many processes wanted to run, on average over the last minute;
	// empty where the system does not say.
	Load string `json:"load,omitempty"`
}

func thisMachine() machine {
	m := machine{System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), CPUs: runtime.NumCPU()}
	if averages, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(averages), " ")
	}
	return m
}

// report is a whole run of the benchmark.
type report struct {
	OK      bool    `json:"ok"`
	Machine machine `json:"machine"`
	Lines   []line  `json:"lines"`
}

func newReport(lines []line) report {
	r := report{OK: true, Machine: thisMachine(), Lines: lines}
	for _, line := range lines {
		if line.Score != nil && line.Score.OK != nil && !*line.Score.OK {
			r.OK = false
		}
	}
	return r
}

func (r report) writeJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// writeTable prints the report for people.
func (r report) writeTable(out io.Writer) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row{"", "runs", "min", "median", "max", "", "comes to", "bound", ""})
	for i, line := range r.Lines {
		if i == 0 || r.Lines[i-1].Group != line.Group {
			t.AppendSeparator()
			t.AppendRow(table.Row{line.Group})
		}
		t.AppendRow(line.row())
	}
	var columns []table.ColumnConfig
	for _, number := range []int{2, 3, 4, 5, 7} {
		columns = append(columns, table.ColumnConfig{Number: number, Align: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	_, err := fmt.Fprintf(out, "%s\n%s\n", t.Render(), r.Machine)
	return err
}

// String says it in a line.
func (m machine) String() string {
	said := fmt.Sprintf("%s, %d CPUs, %s", m.System, m.CPUs, m.Go)
	if m.Load != "" {
		said += ", load " + m.Load
	}
	return said
}

func (l line) row() table.Row {
	row := table.Row{"  " + l.Name, "", "", "not measured here", "", "", "", "", ""}
	if l.Runs > 0 {
		row = table.Row{
			"  " + l.Name, l.Runs, number(l.Min, l.Unit), number(l.Median, l.Unit), number(l.Max, l.Unit), l.Unit, "", "", "",
		}
	}
	if l.Score == nil {
		return row
	}
	row[6] = number(l.Score.Value, l.Score.Unit) + " " + l.Score.Unit
	if l.Score.Bound != nil {
		row[7] = l.Score.Bound.String()
		row[8] = "ok"
		if !*l.Score.OK {
			row[8] = "over"
		}
	}
	return row
}

// String writes a bound as a formula.
func (b bound) String() string {
	sign := map[relation]string{atMost: "≤", under: "<", atLeast: "≥"}[b.Relation]
	return sign + " " + strconv.FormatFloat(b.Limit, 'f', -1, 64)
}

// number shows bytes and requests whole, all else with two decimals.
func number(value float64, unit string) string {
	decimals := 2
	if strings.HasPrefix(unit, inBytes) || unit == inRequests {
		decimals = 0
	}
	return strconv.FormatFloat(value, 'f', decimals, 64)
}
