package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// maxIdleMemory is in megabytes.
const maxIdleMemory = 15

// measureMemory measures how much memory a server that has told its tools holds
// while it waits: its resident set, the pages of its own program included.
func (b *bench) measureMemory(ctx context.Context) ([]line, error) {
	const group = "memory when idle"
	openings, err := openings()
	if err != nil {
		return nil, err
	}
	var lines []line
	for _, contender := range []struct {
		name  string
		score func(median float64) *score
		program
	}{
		{"peer", func(float64) *score { return nil }, b.peer()},
		{"ours, --sandbox", idle, b.server("--sandbox")},
		{"ours, with a host and a key", idle, b.serverAt("http://127.0.0.1:9")},
	} {
		measured := line{Group: group, Name: contender.name, Unit: inMegabytes}
		if runtime.GOOS == "linux" {
			var resident sample
			for range b.runs.memory {
				bytes, err := idleMemory(ctx, contender.program, openings[0])
				if err != nil {
					return nil, err
				}
				resident = append(resident, float64(bytes)/1e6)
			}
			measured.summary, measured.Score = resident.summary(), contender.score(resident.median())
		}
		lines = append(lines, measured)
	}
	return lines, nil
}

func idle(median float64) *score { return held(median, inMegabytes, under, maxIdleMemory) }

// idleMemory starts a program, has it tell its tools, and returns the bytes it
// then holds.
func idleMemory(ctx context.Context, program program, opening opening) (int64, error) {
	p, err := start(ctx, program)
	if err != nil {
		return 0, err
	}
	if _, err := p.exchange(opening.text, opening.answers); err != nil {
		return 0, err
	}
	bytes, err := settled(ctx, func() (int64, error) { return residentBytes(p.command.Process.Pid) })
	if err != nil {
		p.abandon()
		return 0, err
	}
	return bytes, p.end()
}

// How memory settles: it is looked at every settlePoll, and when it has stayed
// the same for settleLooks, that is it.
const (
	settlePoll  = 25 * time.Millisecond
	settleLooks = 10
)

// settled polls a value until it stays the same, and gives up after patience.
func settled(ctx context.Context, read func() (int64, error)) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	last, same := int64(-1), 0
	for {
		value, err := read()
		if err != nil {
			return 0, err
		}
		if value != last {
			last, same = value, 0
		}
		if same++; same == settleLooks {
			return value, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("the memory did not settle, it is now %d bytes: %w", value, ctx.Err())
		}
	}
}

// residentBytes reads the resident set of a process, on Linux only.
func residentBytes(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return parseResident(string(status))
}

func parseResident(status string) (int64, error) {
	for line := range strings.Lines(status) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("the process's VmRSS: %w", err)
			}
			return kilobytes * 1024, nil
		}
	}
	return 0, errors.New("the process has no VmRSS")
}
