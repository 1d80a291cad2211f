package journal_test

import (
	"testing"
	"time"

	"posthog-org-mcp/journal"
)

func TestATimeIsReadAsPeopleWriteIt(t *testing.T) {
	zone := time.FixedZone("here", 2*60*60)
	now := time.Date(2026, 11, 28, 12, 30, 0, 0, zone)
	for _, test := range []struct {
		text string
		want time.Time
	}{
		{"", time.Time{}},
		{"today", time.Date(2026, 11, 28, 0, 0, 0, 0, zone)},
		{" Today ", time.Date(2026, 11, 28, 0, 0, 0, 0, zone)},
		{"2026-11-20", time.Date(2026, 11, 20, 0, 0, 0, 0, zone)},
		{"2026-11-20T10:00:00Z", time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)},
		{"2026-11-20t10:00:00+02:00", time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)},
		{"90m", now.Add(-90 * time.Minute)},
		{"24h", now.Add(-24 * time.Hour)},
		{"7d", now.AddDate(0, 0, -7)},
	} {
		if got, err := journal.ParseSince(test.text, now); err != nil || !got.Equal(test.want) {
			t.Errorf("ParseSince(%q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{"yesterday", "-3h", "-2d", "2026-13-01", "7", "d"} {
		if got, err := journal.ParseSince(text, now); err == nil {
			t.Errorf("ParseSince(%q) = %v", text, got)
		}
	}
}
