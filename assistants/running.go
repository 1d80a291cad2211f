package assistants

import (
	"slices"

	"github.com/mitchellh/go-ps"
)

// IsRunning reports whether a client is surely running. False says nothing:
// not every client has a process of its own, and not every system shows them.
func (c Client) IsRunning() bool {
	if len(c.processes) == 0 {
		return false
	}
	processes, err := ps.Processes()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(processes, func(process ps.Process) bool {
		return slices.Contains(c.processes, process.Executable())
	})
}
