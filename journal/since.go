package journal

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseSince reads the beginning of a stretch of time as people write it: a date
// in local time, an RFC 3339 time, "today", or how long before now, such as 90m,
// 24h or 7d. Empty is the zero time.
func ParseSince(text string, now time.Time) (time.Time, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case "":
		return time.Time{}, nil
	case "today":
		return midnight(now), nil
	}
	if date, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return date, nil
	}
	if at, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err == nil {
		return at, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if number, err := strconv.Atoi(days); err == nil && number >= 0 {
			return now.AddDate(0, 0, -number), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time; use a date (2026-11-28), a time (2026-11-28T09:30:00Z), today, or how long ago (90m, 24h, 7d)", text)
}

func midnight(now time.Time) time.Time {
	year, month, day := now.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, now.Location())
}
