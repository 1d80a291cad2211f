package assistants

// HasProcess reports whether a process of that name is the client's.
func (c Client) HasProcess(name string) bool { return c.hasProcess(name) }
