//go:build unix

package server

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// surviveBrokenPipes keeps the process alive when the client has closed our
// stdout or stderr: by default the next write to either kills it, in the middle
// of whatever the other calls are doing. It lasts until the process ends.
func surviveBrokenPipes() {
	// Unlike Ignore, Notify is not inherited by programs that we start.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }
