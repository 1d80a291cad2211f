package sandbox

import (
	"math"
	"sync"
	"time"
)

// The API's limits for one key, over all endpoints together.
const (
	perMinute = 480
	perHour   = 4800
)

// throttle counts requests for each key. The zero value has seen none.
type throttle struct {
	mu   sync.Mutex
	seen map[string][]time.Time // key id to the times of the last hour, oldest first
}

// take counts one request, or returns after how many seconds the next one will
// pass. A request that is refused does not count. A limit of 0 is the API's own;
// another one is requests a minute, and raises the hourly limit to fit.
func (t *throttle) take(keyID string, now time.Time, limit int) (seconds int) {
	minutely, hourly := perMinute, perHour
	if limit > 0 {
		minutely, hourly = limit, max(perHour, 10*limit)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string][]time.Time{}
	}
	times := t.seen[keyID]
	for len(times) > 0 && now.Sub(times[0]) >= time.Hour {
		times = times[1:]
	}
	wait := max(
		overLimit(times, now, minutely, time.Minute),
		overLimit(times, now, hourly, time.Hour),
	)
	if wait > 0 {
		t.seen[keyID] = times
		return int(math.Ceil(wait.Seconds()))
	}
	t.seen[keyID] = append(times, now)
	return 0
}

// overLimit returns how long it takes until fewer than limit of the times lie
// in the window that ends then; 0 when that is so already.
func overLimit(times []time.Time, now time.Time, limit int, window time.Duration) time.Duration {
	if len(times) < limit {
		return 0
	}
	return max(0, times[len(times)-limit].Add(window).Sub(now))
}
