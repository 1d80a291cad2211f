package visible

import "strings"

// Cause is an error that stands within a sentence of ours, or nil: the same one,
// but for the period with which Windows ends what it says.
func Cause(err error) error {
	if err == nil || !strings.HasSuffix(err.Error(), ".") {
		return err
	}
	return unended{err}
}

type unended struct{ error }

func (e unended) Error() string { return strings.TrimRight(e.error.Error(), ".") }
func (e unended) Unwrap() error { return e.error }
