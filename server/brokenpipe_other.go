//go:build !unix

package server

import (
	"errors"
	"syscall"
)

// surviveBrokenPipes has nothing to do where a broken pipe is an error and no signal.
func surviveBrokenPipes() {}

// isBrokenPipe knows Windows' two words for it: ERROR_BROKEN_PIPE and ERROR_NO_DATA.
func isBrokenPipe(err error) bool {
	var code syscall.Errno
	return errors.As(err, &code) && (code == 109 || code == 232)
}
