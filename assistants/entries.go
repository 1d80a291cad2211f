package assistants

// Entry is an entry that starts this program, or the fault of a file in which
// one might be.
type Entry struct {
	Client Client
	File   string // as the client finds it
	Server Server // as it stands in the file: variables may hold keys
	Off    bool   // the file says that the client is not to start it
	// Err is why the file cannot be read; then there is no Server. It is a
	// *Fault where the file itself is not in order.
	Err error
}

// Entries are the entries of every client's file on a machine that start this
// program: by its name, or under the name it is usually given. Clients without
// a file are left out. Nothing is changed.
func Entries(machine Machine) []Entry {
	var found []Entry
	for _, client := range Clients() {
		file, err := client.File(machine)
		if err != nil {
			continue // no home directory: no file
		}
		_, data, existed, err := readTarget(file)
		if !existed && err == nil {
			continue
		}
		var whole object
		if err == nil {
			var fault *Fault
			if whole, fault = client.form.read(data); fault != nil {
				fault.File = file
				err = fault
			}
		}
		if err != nil {
			found = append(found, Entry{Client: client, File: file, Err: err})
			continue
		}
		servers, _ := whole.get(client.container).(object)
		for _, field := range servers {
			entry, _ := field.value.(object)
			server := client.shape.server(field.key, entry)
			if _, isStarted := server.Arguments(); isStarted || field.key == UsualName && server.Command != "" {
				found = append(found, Entry{Client: client, File: file, Server: server, Off: isOff(entry)})
			}
		}
	}
	return found
}

// Current is the entry of a server's name in the client's file, as it stands there;
// found is false where there is none. The errors are those of Install.
func (c Client) Current(machine Machine, server Server) (current Server, found bool, err error) {
	_, err = c.change(machine, server.Name, func(before []byte, _ bool) (planned, error) {
		entry, err := c.owned(before, server)
		current, found = c.shape.server(server.Name, entry), entry != nil
		return planned{after: before}, err
	})
	return current, found, err
}

// isOff reads both ways in which clients keep an entry that they do not start.
func isOff(entry object) bool {
	return entry.get("disabled") == flag(true) || entry.get("enabled") == flag(false)
}

// UsualName is what the entry is called unless somebody chooses another name.
const UsualName = "posthog-org"
