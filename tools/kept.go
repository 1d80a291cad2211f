package tools

import (
	_ "embed" // for keptSchemas
	"encoding/json"
	"strings"
	"sync"
)

// keptSchemas are the schemas of all tools as they were reflected from their
// structs, one a line: the tool's name, "input" or "output", and the schema.
// Reflecting them anew would take a third of a cold start. A test holds them
// against the structs; `make snapshots` writes them anew.
//
//go:embed schemas.txt
var keptSchemas string

// kept returns one of keptSchemas. A tool that is too new to have one gets what
// reflect makes of its struct.
func kept(tool, side string, reflect func() (json.RawMessage, error)) (json.RawMessage, error) {
	if schema, found := schemaLines()[tool+" "+side]; found {
		return json.RawMessage(schema), nil
	}
	return reflect()
}

var schemaLines = sync.OnceValue(func() map[string]string {
	lines := map[string]string{}
	for line := range strings.Lines(keptSchemas) {
		name, schema, _ := strings.Cut(line, " {")
		lines[name] = "{" + strings.TrimSuffix(schema, "\n")
	}
	return lines
})
