package assistants

import (
	"path"
	"slices"
	"strings"
)

// Server is what a client is to start.
type Server struct {
	Name    string // the entry's name
	Command string
	Args    []string
	Env     []Variable
}

// Variable is one variable of a server's environment.
type Variable struct{ Name, Value string }

// Program is the name of the program that entries start, by which they are known
// as ours.
const Program = "posthog-org-mcp"

// OwnVariable reports whether a variable of an entry is one of this program's: a
// setting, or where its own files and the keyring are. Others, such as a proxy's
// address, stay when an entry is written anew.
func OwnVariable(name string) bool {
	return strings.HasPrefix(name, "POSTHOG_") || slices.Contains([]string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS"}, name)
}

// starts reports whether the server is this program, started directly or by
// another one that is told its name, such as npx.
func (s Server) starts() bool {
	return isProgram(s.Command) || slices.ContainsFunc(s.Args, isProgram)
}

// Arguments are those that this program itself gets. It is surely started only
// where it is the command, or what a known launcher starts: elsewhere its name may
// be a word for something else, such as the folder of its source.
func (s Server) Arguments() (args []string, isStarted bool) {
	if isProgram(s.Command) {
		return s.Args, true
	}
	at := slices.IndexFunc(s.Args, isProgram)
	if at < 0 {
		return nil, false
	}
	before, word := append([]string{baseOf(s.Command)}, s.Args[:at]...), s.Args[at]
	isPath := strings.HasPrefix(word, "/") || strings.HasPrefix(word, ".") || strings.Contains(word, `\`)
	switch {
	case before[at] == "--": // What follows is a command.
		isStarted = true
	case slices.Contains(containers(), before[0]):
		isStarted = !isPath
	case slices.ContainsFunc(before, isPackager):
		isStarted = !strings.ContainsAny(word, `/\`) && !slices.ContainsFunc(before, startsOther)
	default:
		isStarted = !slices.ContainsFunc(before, startsOther)
	}
	if !isStarted {
		return nil, false
	}
	return s.Args[at+1:], true
}

// The known launchers are those of containers, of packages, and others.
func containers() []string { return []string{"docker", "podman"} }

func isPackager(word string) bool {
	return slices.Contains([]string{"npx", "npm", "bunx", "bun", "pnpm", "pnpx", "yarn"}, baseOf(word))
}

func isOtherLauncher(word string) bool {
	return slices.Contains([]string{"node", "wsl", "cmd", "env"}, baseOf(word))
}

// startsOther reports whether a word before the program's name may be what is
// really started: it is no launcher, no command of one, no flag and no variable.
func startsOther(word string) bool {
	isAside := strings.HasPrefix(word, "-") || strings.EqualFold(word, "/c") || strings.Contains(word, "=") ||
		slices.Contains([]string{"exec", "x", "dlx", "run"}, word)
	return !isAside && !isPackager(word) && !isOtherLauncher(word)
}

// isProgram reports whether a word is this program, its package, its image, or
// what the package starts it by.
func isProgram(word string) bool {
	base := baseOf(strings.TrimSuffix(strings.ReplaceAll(word, `\`, "/"), "/launch.js"))
	base, _, _ = strings.Cut(base, "@")
	base, _, _ = strings.Cut(base, ":")
	return base == Program
}

// baseOf is the name of a file in either system's spelling, without what the
// endings of programs add to it.
func baseOf(word string) string {
	base := strings.ToLower(path.Base(strings.ReplaceAll(word, `\`, "/")))
	return strings.TrimSuffix(strings.TrimSuffix(base, ".exe"), ".cmd")
}

// shape is how a client writes an entry.
type shape struct {
	kind    string // the value of "type"; "" for none
	command string // key
	args    string // key; "" where arguments follow the command in one list
	env     string // key
	extra   []field
}

// usual is the shape that most clients share.
func usual() shape { return shape{command: "command", args: "args", env: "env"} }

func (s shape) typed(kind string) shape {
	s.kind = kind
	return s
}

func (s shape) with(extra ...field) shape {
	s.extra = extra
	return s
}

// fields are an entry, in the order in which they are written.
func (s shape) fields(server Server) object {
	var fields object
	if s.kind != "" {
		fields = append(fields, field{"type", text(s.kind)})
	}
	if s.args == "" {
		fields = append(fields, field{s.command, list(append([]string{server.Command}, server.Args...))})
	} else {
		fields = append(fields, field{s.command, text(server.Command)}, field{s.args, list(server.Args)})
	}
	if len(server.Env) > 0 {
		variables := make(object, len(server.Env))
		for i, variable := range server.Env {
			variables[i] = field{variable.Name, text(variable.Value)}
		}
		fields = append(fields, field{s.env, variables})
	}
	return append(fields, s.extra...)
}

// server reads an entry. What is not of the client's form is left out.
func (s shape) server(name string, entry object) Server {
	server := Server{Name: name}
	if words := wordsOf(entry.get(s.command)); len(words) > 0 {
		server.Command, server.Args = words[0], words[1:]
	}
	if s.args != "" {
		server.Args = append(server.Args, wordsOf(entry.get(s.args))...)
	}
	variables, _ := entry.get(s.env).(object)
	for _, variable := range variables {
		if value, isText := variable.value.(text); isText {
			server.Env = append(server.Env, Variable{variable.key, string(value)})
		}
	}
	return server
}

func wordsOf(value content) []string {
	switch value := value.(type) {
	case text:
		return []string{string(value)}
	case list:
		return value
	default:
		return nil
	}
}

// renewed is what becomes of an entry that is there already: the client's and
// the user's own additions stay, and so do variables that are not ours.
func (s shape) renewed(old object, server Server) object {
	for _, variable := range s.server("", old).Env {
		if !OwnVariable(variable.Name) {
			server.Env = append(server.Env, variable)
		}
	}
	return s.fields(server)
}
