package apiclient

import (
	"context"
	"fmt"
	"strings"
	"time"

	"posthog-org-mcp/progress"
)

// pagesBegun tells that the first of so many pages has come. A list of one page
// has nothing to tell.
func (l List[T]) pagesBegun(ctx context.Context, pages int) *progress.Stretch {
	if pages < 2 {
		return nil
	}
	told := progress.Begin(ctx, pages, "pages of "+l.call.rows())
	told.Step("")
	return told
}

// pagesOf is how many pages of so many rows a list of count rows takes.
func pagesOf(count, rows int) int { return (count + rows - 1) / rows }

// rows names what a list has, after the last part of its path.
func (c call) rows() string {
	path := strings.Split(strings.Trim(c.template, "/"), "/")
	return strings.ReplaceAll(path[len(path)-1], "_", " ")
}

// tellTurn tells that a request waits for its turn.
func tellTurn(ctx context.Context, wait time.Duration) {
	progress.Note(ctx, fmt.Sprintf("Waiting %v for PostHog's rate limit.", atLeastASecond(wait)))
}

// tellRetry tells of a wait before the next try, unless it is over at once.
func tellRetry(ctx context.Context, wait time.Duration) {
	if wait > slowWait {
		progress.Note(ctx, fmt.Sprintf("Waiting %v before PostHog is asked again.", atLeastASecond(wait)))
	}
}

func atLeastASecond(wait time.Duration) time.Duration {
	return max(time.Second, wait.Round(time.Second))
}
