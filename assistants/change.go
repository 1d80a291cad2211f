package assistants

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Change is what would be done to one client's file. Nothing is done until Write.
type Change struct {
	Client Client
	File   string // as the client finds it; a link is not followed
	Name   string // of the entry

	before, after []byte
	existed       bool     // the file is there
	removes       bool     // the file goes, because it holds nothing else
	made          bool     // it goes, and is what Install made of nothing
	folders       []string // the client's own, which go with the file where they are empty; the innermost first
	old, new      content
	plan          func(before []byte, existed bool) (planned, error)
}

// planned is what becomes of a file, and of the entry in it.
type planned struct {
	after    []byte
	removes  bool
	made     bool
	old, new content // nil where there is none
}

// TakenError says that the entry's name belongs to another server.
type TakenError struct {
	File, Name, Command string
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("%q has an entry %q that starts something else: %s\nIt was left as it is. Choose another name with --name.",
		e.File, e.Name, strconv.Quote(e.Command))
}

// errBroken is a bug, caught before it does harm.
var errBroken = errors.New("the change would have touched more than the entry, so it was not made; please report this")

// Install plans to put a server into the client's file, or to bring an entry
// that is there up to date. It only reads. A file that cannot be used is a *Fault,
// a name that another server has a *TakenError.
func (c Client) Install(machine Machine, server Server) (Change, error) {
	return c.change(machine, server.Name, func(before []byte, _ bool) (planned, error) {
		old, err := c.owned(before, server)
		if err != nil {
			return planned{}, err
		}
		entry := c.shape.renewed(old, server)
		var dropped []string
		if old.get(c.shape.env) != nil && entry.get(c.shape.env) == nil {
			dropped = append(dropped, c.shape.env)
		}
		after, fault := c.form.put(before, c.container, server.Name, entry, dropped)
		if fault != nil {
			return planned{}, fault
		}
		return c.checked(before, planned{after: after, old: asContent(old)}, server.Name, entry)
	})
}

// Uninstall plans to take an entry out of the client's file. The command is that
// of Install, by which an entry is known as ours besides the program's name.
func (c Client) Uninstall(machine Machine, name, command string) (Change, error) {
	file, err := c.File(machine)
	if err != nil {
		return Change{}, err
	}
	return c.change(machine, name, func(before []byte, existed bool) (planned, error) {
		old, err := c.owned(before, Server{Name: name, Command: command})
		if err != nil || old == nil {
			return planned{after: before}, err
		}
		backups := c.backups(file, name)
		if original, found := c.original(before, name, old, backups); found {
			return planned{after: original, removes: original == nil, made: original == nil, old: old}, nil
		}
		keeps := slices.ContainsFunc(backups, func(backup []byte) bool {
			whole, _ := c.form.read(backup)
			return whole.get(c.container) != nil
		})
		after, fault := c.form.drop(before, c.container, name, !keeps)
		if fault != nil {
			return planned{}, fault
		}
		p := planned{after: after, old: old}
		if rest := bytes.TrimSpace(bytes.TrimPrefix(after, []byte(utf8Mark))); len(backups) == 0 && existed && (len(rest) == 0 || string(rest) == "{}") {
			p.after, p.removes = nil, true
			return p, nil
		}
		return c.checked(before, p, name, nil)
	})
}

// backups are those of a file from before the entry was put in, the newest first.
func (c Client) backups(file, name string) [][]byte {
	return slices.DeleteFunc(backupsOf(file), func(backup []byte) bool {
		whole, fault := c.form.read(backup)
		return fault != nil || c.entry(whole, name) != nil
	})
}

// original is the file as it was before the entry was put in, if nothing else has
// happened to it since: then putting it in once more gives the file as it is now.
// It is nil where there was no file.
func (c Client) original(now []byte, name string, entry object, backups [][]byte) (original []byte, found bool) {
	fields := c.shape.fields(c.shape.server(name, entry))
	candidates := backups
	if len(backups) == 0 {
		candidates = [][]byte{nil}
	}
	for _, candidate := range candidates {
		if again, fault := c.form.put(candidate, c.container, name, fields, nil); fault == nil && bytes.Equal(again, now) {
			return candidate, true
		}
	}
	return nil, false
}

// change reads a file and plans.
func (c Client) change(machine Machine, name string, plan func([]byte, bool) (planned, error)) (Change, error) {
	file, err := c.File(machine)
	if err != nil {
		return Change{}, err
	}
	change := Change{Client: c, File: file, Name: name, plan: plan, folders: c.folders(machine, file)}
	_, before, existed, err := readTarget(file)
	if err != nil {
		return Change{}, err
	}
	return change.planned(before, existed)
}

func (c Change) planned(before []byte, existed bool) (Change, error) {
	p, err := c.plan(before, existed)
	if err != nil {
		return Change{}, c.located(err)
	}
	c.before, c.existed, c.after, c.removes, c.made, c.old, c.new = before, existed, p.after, p.removes, p.made, p.old, p.new
	return c, nil
}

// located names the file in an error about it.
func (c Change) located(err error) error {
	var fault *Fault
	var taken *TakenError
	switch {
	case errors.As(err, &fault):
		fault.File = c.File
	case errors.As(err, &taken):
		taken.File = c.File
	}
	return err
}

// owned is the entry of a name, nil where there is none. One that starts
// something else is an error.
func (c Client) owned(data []byte, server Server) (object, error) {
	whole, fault := c.form.read(data)
	if fault != nil {
		return nil, fault
	}
	switch entry := c.entry(whole, server.Name).(type) {
	case nil:
		return nil, nil
	case object:
		// A renamed program is known by its path; npx alone says nothing.
		there := c.shape.server(server.Name, entry)
		if isPath := strings.ContainsAny(server.Command, `/\`); !there.starts() && (there.Command != server.Command || !isPath) {
			return nil, &TakenError{Name: server.Name, Command: there.Command}
		}
		return entry, nil
	default:
		return nil, &TakenError{Name: server.Name, Command: entry.json()}
	}
}

// entry is an entry of a file, nil where there is none.
func (c Client) entry(whole object, name string) content {
	servers, _ := whole.get(c.container).(object)
	return servers.get(name)
}

// checked makes sure that only the entry has changed.
func (c Client) checked(before []byte, p planned, name string, want object) (planned, error) {
	was, fault := c.form.read(before)
	if fault != nil {
		return planned{}, fault
	}
	is, fault := c.form.read(p.after)
	if fault != nil || c.others(was, name) != c.others(is, name) {
		return planned{}, errBroken
	}
	entry, _ := c.entry(is, name).(object)
	for _, field := range want {
		if !same(entry.get(field.key), field.value) {
			return planned{}, errBroken
		}
	}
	p.new = asContent(entry)
	return p, nil
}

// others is everything of a file but the entry.
func (c Client) others(whole object, name string) string {
	servers, isObject := whole.get(c.container).(object)
	if !isObject {
		return whole.json()
	}
	rest := slices.Clone(whole)
	at := slices.IndexFunc(rest, func(f field) bool { return f.key == c.container })
	if servers = servers.without(name); len(servers) == 0 {
		return rest.without(c.container).json()
	}
	rest[at].value = servers
	return rest.json()
}

func asContent(entry object) content {
	if entry == nil {
		return nil
	}
	return entry
}

// Nothing reports that the file is already as it should be.
func (c Change) Nothing() bool { return !c.removes && bytes.Equal(c.before, c.after) }

// IsNew reports that there was no such entry.
func (c Change) IsNew() bool { return c.old == nil }

// Removes reports that the entry is taken out.
func (c Change) Removes() bool { return c.old != nil && c.new == nil }

// MakesFile reports that there is no file yet.
func (c Change) MakesFile() bool { return !c.existed }

// RemovesFile reports that the file goes, because nothing else is in it.
func (c Change) RemovesFile() bool { return c.removes }
