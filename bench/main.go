// Command bench measures what the server costs and holds each number to a
// bound: its start beside a hello-world on the same library, the bytes of what
// it says, its memory, what it adds to a request, and how it reads long lists.
//
//	go run ./bench           # the table
//	go run ./bench --quick   # fewer runs
//	go run ./bench --json    # the same as JSON
//
// It ends with 1 if a bound is missed, or if something could not be measured.
// Everything happens on this machine. What is compared runs in turn in the same
// minute; a line that compares something with itself shows the noise.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"posthog-org-mcp/sandbox"
)

// runs is how often each thing is measured.
type runs struct {
	start, startWarmUp int
	memory             int
	call, callWarmUp   int
	pages              int
}

func fullRuns() runs {
	return runs{start: 60, startWarmUp: 5, memory: 5, call: 500, callWarmUp: 50, pages: 15}
}

func quickRuns() runs {
	return runs{start: 20, startWarmUp: 2, memory: 1, call: 200, callWarmUp: 20, pages: 5}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command line and returns its exit code: 1 when a bound is missed
// or nothing could be measured, 2 when it makes no sense.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	asJSON := flags.Bool("json", false, "print JSON instead of a table")
	quick := flags.Bool("quick", false, "measure with fewer runs")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil: // said already
		return 2
	case flags.NArg() > 0:
		say(errs, "bench: it takes no argument such as %q", flags.Arg(0))
		return 2
	}
	runs := fullRuns()
	if *quick {
		runs = quickRuns()
	}
	report, err := measure(ctx, runs, errs)
	if err == nil {
		write := report.writeTable
		if *asJSON {
			write = report.writeJSON
		}
		err = write(out)
	}
	if err != nil {
		say(errs, "bench: %v", err)
		return 1
	}
	if !report.OK {
		return 1
	}
	return 0
}

// say writes a line for whoever watches; nobody has to.
func say(to io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(to, format+"\n", args...)
}

// bench is the programs to measure and how often.
type bench struct {
	runs       runs
	serverPath string
	peerPath   string
	tools      int // of our server; the peer gets as many
}

// measure builds the programs, measures everything, and tells progress how far
// it is. The end of ctx ends it, and every process that it started.
func measure(ctx context.Context, runs runs, progress io.Writer) (_ report, err error) {
	folder, err := os.MkdirTemp("", "posthog-org-mcp-bench-*")
	if err != nil {
		return report{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	b, err := prepare(ctx, folder, runs, progress)
	if err != nil {
		return report{}, err
	}
	var lines []line
	for _, part := range []struct {
		name    string
		measure func(context.Context) ([]line, error)
	}{
		{"start", b.measureStart},
		{"memory", b.measureMemory},
		{"calls", b.measureCall},
		{"long lists", b.measurePages},
		{"tool list", b.measureList},
		{"answers", b.measureAnswers},
	} {
		say(progress, "measuring: %s …", part.name)
		measured, err := part.measure(ctx)
		if err != nil {
			return report{}, fmt.Errorf("%s: %w", part.name, err)
		}
		lines = append(lines, measured...)
	}
	return newReport(lines), nil
}

// prepare builds the programs into folder.
func prepare(ctx context.Context, folder string, runs runs, progress io.Writer) (*bench, error) {
	say(progress, "building …")
	b := &bench{runs: runs}
	var err error
	if b.serverPath, err = build(ctx, folder, serverPackage); err != nil {
		return nil, err
	}
	if b.peerPath, err = build(ctx, folder, peerPackage); err != nil {
		return nil, err
	}
	told, err := introduce(ctx, b.server("--sandbox"))
	if err != nil {
		return nil, err
	}
	b.tools = len(told.tools)
	return b, nil
}

// server is our server with these arguments.
func (b *bench) server(args ...string) program {
	return program{path: b.serverPath, args: args}
}

// serverAt is our server as a user configures it, for an API at url.
func (b *bench) serverAt(url string) program {
	return program{path: b.serverPath, env: []string{
		"POSTHOG_HOST=" + url, "POSTHOG_PERSONAL_API_KEY=" + sandbox.AdminKey,
		// A benchmark asks more often and for more than an assistant does, and writes nothing.
		"POSTHOG_MCP_REQUESTS_PER_MINUTE=0", "POSTHOG_MCP_MAX_RESULT_BYTES=100000000", "POSTHOG_MCP_JOURNAL=off",
	}}
}

// peer is a hello-world with as many tools as our server.
func (b *bench) peer() program {
	return program{path: b.peerPath, args: []string{strconv.Itoa(b.tools)}}
}
