package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// untilInterrupted returns a context that ends with the first Ctrl-C or SIGTERM,
// so that a command can finish what it is doing. The second one ends the
// process at once.
func untilInterrupted(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// errInterrupted is what a person is told who broke off before anything was done.
var errInterrupted = errors.New("interrupted; nothing was changed")
