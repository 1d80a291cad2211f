//go:build !linux

package journal_test

import (
	"errors"

	"posthog-org-mcp/journal"
)

func meetSizeLimit(*journal.Journal, string) error { return errors.ErrUnsupported }

func beNobody(*journal.Journal, string) error { return errors.ErrUnsupported }
