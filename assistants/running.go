package assistants

import (
	"slices"
	"strings"

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
		return c.hasProcess(process.Executable())
	})
}

// hasProcess reports whether a process of that name is the client's. Names are
// compared to the letter, but for those of Windows, which does not do so itself.
func (c Client) hasProcess(name string) bool {
	return slices.ContainsFunc(c.processes, func(own string) bool {
		return own == name || strings.HasSuffix(own, ".exe") && strings.EqualFold(own, name)
	})
}
