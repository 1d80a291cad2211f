package server

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"posthog-org-mcp/progress"
)

// progressPause is how long a client is left alone between two notifications of
// one request. The last one comes as soon as the work ends.
const progressPause = 100 * time.Millisecond

// reporter tells a client how far one of its requests has come. It is safe for
// concurrent use.
//
// The protocol wants each value to be above the last one, also where nothing
// but the message is new. So a step is a whole number, and what comes between
// two steps goes half of the way to the next one: 2, 2.5, 2.75, 3.
type reporter struct {
	notices     notices
	token       json.RawMessage
	redacted    func(string) string
	isCancelled func() bool // of the request: then nothing more is told

	mu     sync.Mutex
	value  float64 // the last one told
	told   time.Time
	latest *progress.Step // not told yet
	timer  *time.Timer    // until it is; nil when none runs
	over   bool
}

func newReporter(notices notices, token json.RawMessage, redacted func(string) string, isCancelled func() bool) *reporter {
	return &reporter{notices: notices, token: token, redacted: redacted, isCancelled: isCancelled}
}

// tell tells a step, at once or in the place of others a little later.
func (r *reporter) tell(step progress.Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	r.latest = &step
	if r.timer != nil {
		return
	}
	if wait := progressPause - time.Since(r.told); wait > 0 {
		r.timer = time.AfterFunc(wait, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.timer = nil
			r.send()
		})
		return
	}
	r.send()
}

// end tells what is left to tell. Nothing is told afterwards.
func (r *reporter) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer != nil {
		r.timer.Stop()
	}
	r.send()
	r.over = true
}

// send hands the latest step to the client. The lock is held.
func (r *reporter) send() {
	step := r.latest
	r.latest = nil
	if step == nil || r.over || r.isCancelled() {
		return
	}
	value, next := float64(step.Done), float64(step.Done+1)
	if value <= r.value {
		value = (r.value + next) / 2
	}
	if value <= r.value || value >= next {
		return // There are no numbers left in between.
	}
	params := progressParams{Token: r.token, Progress: value, Message: r.redacted(step.What)}
	if total := float64(step.Total); total >= value {
		params.Total = total
	}
	if r.notices.put(notificationLine(mcp.MethodNotificationProgress, params)) {
		r.value, r.told = value, time.Now()
	}
}

type progressParams struct {
	Token    json.RawMessage `json:"progressToken"`
	Progress float64         `json:"progress"`
	Total    float64         `json:"total,omitzero"`
	Message  string          `json:"message"`
}
