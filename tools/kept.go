package tools

import (
	_ "embed" // for keptSchemas
	"encoding/json"
	"strings"
	"sync"
)

// keptSchemas are the schemas of all tools as they were reflected from their
// structs, one a line: the tool's name, which of its schemas it is, and the
// schema. Reflecting them anew would take a third of a cold start. A test holds
// them against the structs; `make snapshots` writes them anew.
//
//go:embed schemas.txt
var keptSchemas string

// What a tool's schemas are called in keptSchemas.
const (
	inputSchema        = "input"
	outputSchema       = "output"
	listedInputSchema  = "listed-input"
	listedOutputSchema = "listed-output"
)

// schema returns one of keptSchemas. A tool that is too new to have one gets what
// is made of its struct.
func (t Tool) schema(which string) (json.RawMessage, error) {
	if schema, found := schemaLines()[t.Name+" "+which]; found {
		return json.RawMessage(schema), nil
	}
	return t.reflected[which]()
}

var schemaLines = sync.OnceValue(func() map[string]string {
	lines := map[string]string{}
	for line := range strings.Lines(keptSchemas) {
		name, schema, _ := strings.Cut(line, " {")
		lines[name] = "{" + strings.TrimSuffix(schema, "\n")
	}
	return lines
})
