package tools

import (
	"encoding/json"
)

// SchemaNames are what a tool's schemas are called where they are kept.
func SchemaNames() []string {
	return []string{inputSchema, outputSchema, listedInputSchema, listedOutputSchema}
}

// Reflect makes one of a tool's schemas from its structs, whatever is kept.
func (t Tool) Reflect(which string) (json.RawMessage, error) { return t.reflected[which]() }

// Kept returns one of a tool's schemas as it is kept.
func (t Tool) Kept(which string) (json.RawMessage, error) { return t.schema(which) }

// FailureNames are the names of all rows of the table of failures.
func FailureNames() []string {
	var names []string
	for _, row := range failures() {
		names = append(names, row.name)
	}
	return names
}

// FailureOf is the name of the row that explains an error.
func FailureOf(err error) string {
	for _, row := range failures() {
		if row.holds(err) {
			return row.name
		}
	}
	return ""
}

// Undescribed is a change that was made and then not described.
func Undescribed(cause error) error { return &madeError{cause} }

// RoughTokens is the guess by which answers are kept short.
func RoughTokens(text string) int { return roughTokens(text) }

// Marshal writes an answer as Call does.
func (env Environment) Marshal(result any) (json.RawMessage, error) { return env.marshal(result) }

// ErrTooLong is an answer that cannot be made short enough.
var ErrTooLong = errTooLong
