package tools

import "encoding/json"

// SchemaNames are what a tool's schemas are called where they are kept.
func SchemaNames() []string {
	return []string{inputSchema, outputSchema, listedInputSchema, listedOutputSchema}
}

// Reflect makes one of a tool's schemas from its structs, whatever is kept.
func (t Tool) Reflect(which string) (json.RawMessage, error) { return t.reflected[which]() }

// Kept returns one of a tool's schemas as it is kept.
func (t Tool) Kept(which string) (json.RawMessage, error) { return t.schema(which) }
