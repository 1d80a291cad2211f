package main

import (
	"context"
	"time"

	"posthog-org-mcp/sandbox"
)

// maxCallCost is how many milliseconds a call may take more than the request that
// it makes. Calls of several requests are shown without a bound.
const maxCallCost = 0.5

// measureCall measures what our server adds to the requests that it makes: a
// call over stdio beside the same requests made directly, in turn.
func (b *bench) measureCall(ctx context.Context) ([]line, error) {
	stage, err := b.openStage(ctx)
	if err != nil {
		return nil, err
	}
	defer stage.abandon()
	var lines []line
	for _, asked := range typicalCalls() {
		var ours, direct sample
		for run := -b.runs.callWarmUp; run < b.runs.call; run++ {
			// The order changes every second run, so that it is no part of the
			// noise, which is the even runs beside the odd ones.
			took, beside, err := stage.compare(ctx, asked, run&2 == 0)
			if err != nil {
				return nil, err
			}
			if run >= 0 {
				ours.add(took)
				direct.add(beside)
			}
		}
		// Of each pair, since what else the machine does hits both of a pair alike.
		more := ours.minus(direct).median()
		verdict := shown(more, "ms more")
		if len(asked.requests) == 1 {
			verdict = held(more, "ms more", under, maxCallCost)
		}
		even, odd := direct.halves()
		group := "a call: " + asked.name
		lines = append(lines,
			line{Group: group, Name: "direct", Unit: inMilliseconds, summary: direct.summary(),
				Score: shown(even.median()-odd.median(), "ms more than itself")},
			line{Group: group, Name: "ours", Unit: inMilliseconds, summary: ours.summary(), Score: verdict})
	}
	return lines, stage.end()
}

// compare makes a call and then the requests, or the other way round, and takes
// the time of each.
func (s *stage) compare(ctx context.Context, asked comparison, callFirst bool) (ours, direct time.Duration, err error) {
	if callFirst {
		if ours, _, err = s.throughServer(asked); err != nil {
			return 0, 0, err
		}
	}
	began := time.Now()
	if _, err = s.direct(ctx, asked.requests); err != nil {
		return 0, 0, err
	}
	direct = time.Since(began)
	if !callFirst {
		ours, _, err = s.throughServer(asked)
	}
	return ours, direct, err
}

// typicalCalls are calls with the requests that each of them makes.
func typicalCalls() []comparison {
	return []comparison{
		{name: "roles-list", tool: "roles-list", requests: []string{rolesPath}},
		{name: "roles-get by id", tool: "roles-get",
			arguments: map[string]any{"role": sandbox.RoleEngineering}, requests: []string{rolePath}},
		{name: "roles-get by name, two requests", tool: "roles-get",
			arguments: map[string]any{"role": "Engineering"}, requests: []string{rolesPath, rolePath}},
	}
}
