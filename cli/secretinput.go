package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"posthog-org-mcp/redact"
)

// longestInput is how many bytes of a pipe are read for a key.
const longestInput = 8 << 10

// readSecret reads a key without showing it: a line from the terminal, or all
// there is in a pipe. An interruption leaves the terminal as it was.
func (a *app) readSecret(ctx context.Context, person *answers) (redact.Secret, error) {
	terminal, isFile := a.streams.In.(interface{ Fd() uintptr })
	if !person.terminal || !isFile {
		return await(ctx, func() (string, error) {
			content, err := io.ReadAll(io.LimitReader(person.in, longestInput))
			return string(content), err
		})
	}
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return redact.Secret{}, fmt.Errorf("the key cannot be read without showing it: %w.\nPipe it in instead, such as from a password manager", err)
	}
	key, err := await(ctx, func() (string, error) {
		typed, err := term.ReadPassword(fd)
		return string(typed), err
	})
	if ctx.Err() != nil {
		_ = term.Restore(fd, before) // the reader still waits, without echo
	}
	return key, err
}

// await reads, but not beyond an interruption.
func await(ctx context.Context, read func() (string, error)) (redact.Secret, error) {
	type input struct {
		text string
		err  error
	}
	done := make(chan input, 1)
	go func() {
		text, err := read()
		done <- input{text, err}
	}()
	select {
	case got := <-done:
		if errors.Is(got.err, io.EOF) {
			got.err = nil
		}
		if got.err != nil {
			return redact.Secret{}, fmt.Errorf("the key cannot be read: %w", got.err)
		}
		return redact.NewSecret(strings.TrimSpace(strings.TrimPrefix(got.text, "\ufeff"))), nil
	case <-ctx.Done():
		return redact.Secret{}, errInterrupted
	}
}
