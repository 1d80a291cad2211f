package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/invopop/jsonschema"

	"posthog-org-mcp/visible"
)

// Target names the organization that a call is about. Every tool's arguments
// end with it.
type Target struct {
	OrganizationID string `json:"organization_id,omitempty" jsonschema:"minLength=1,maxLength=64" jsonschema_description:"Organization UUID or @current. Default: the configured one."`
}

// Organization returns the organization as the caller wrote it; empty means
// the configured one.
func (t Target) Organization() string { return t.OrganizationID }

// View says how much of each object an answer holds.
type View struct {
	View string `json:"view,omitempty" jsonschema:"enum=compact,enum=full,default=compact" jsonschema_description:"full: the API's own objects instead of short rows."`
}

// IsFull reports whether the API's own objects were asked for.
func (v View) IsFull() bool { return v.View == "full" }

// Window is the part of a list that a call asks for.
type Window struct {
	Limit  int `json:"limit,omitempty" jsonschema:"minimum=1,maximum=5000,default=100" jsonschema_description:"Rows to return."`
	Offset int `json:"offset,omitempty" jsonschema:"minimum=0,default=0" jsonschema_description:"Rows to skip."`
}

// DefaultLimit is how many rows a list answers with when the call names none.
const DefaultLimit = 100

// Rows returns the limit, with the default filled in.
func (w Window) Rows() int {
	if w.Limit == 0 {
		return DefaultLimit
	}
	return w.Limit
}

// Search narrows a list to the rows that hold a text.
type Search struct {
	Search string `json:"search,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Only rows whose names hold each of these words, any case; of people, names or e-mails."`
}

// Fields choose what the rows of a list hold.
type Fields struct {
	Fields []string `json:"fields,omitempty" jsonschema:"minItems=1,maxItems=20,maxLength=60" jsonschema_description:"Row fields to return, instead of the usual."`
}

// List is what every list takes: what to look for, which fields and which rows
// to return, a view and the organization.
type List struct {
	Search
	Fields
	Window
	View
	Target
}

// Listed is what every list answers besides its rows.
type Listed struct {
	Total      int    `json:"total" jsonschema:"minimum=0" jsonschema_description:"Rows in the whole list, or those that were searched for."`
	NextOffset *int   `json:"next_offset,omitempty" jsonschema_description:"Offset of the next rows; absent at the end."`
	Note       string `json:"note,omitempty" jsonschema_description:"Why rows are missing, and what to do."`

	// Offset is where the rows begin, for who leaves some of them out.
	Offset int `json:"-"`
}

// Date is a day as YYYY-MM-DD, in UTC: nobody asks at what second somebody
// joined, and every model would pay for it.
type Date string

// DateOf is the day of a time; none for the zero time.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return ""
	}
	return Date(t.UTC().Format(time.DateOnly))
}

// JSONSchema says that it is a date.
func (Date) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Format: "date"}
}

// Object is one of the API's own objects, as JSON. Secrets inside are masked
// by the types that it was marshalled from.
type Object json.RawMessage

// ObjectOf marshals an API object. Parts that the client keeps as raw JSON are
// written anew: an escape such as \u0070 in them would hide a secret from
// whoever looks for one.
func ObjectOf[T any](value T) (Object, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("marshal the API's object: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var plain any
	if err := decoder.Decode(&plain); err != nil {
		return nil, fmt.Errorf("read the API's object: %w", err)
	}
	object, err := Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("marshal the API's object: %w", err)
	}
	return Object(object), nil
}

// Marshal writes compact JSON as models read it: without HTML escapes, but with
// escapes for what hides or reorders text. Names are other people's; a parser
// gets them back as they are.
func Marshal(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return visible.JSON(bytes.TrimSpace(out.Bytes())), nil
}

// ObjectsOf marshals a list of API objects; the result is never nil.
func ObjectsOf[T any](values []T) ([]Object, error) {
	objects := make([]Object, 0, len(values))
	for _, value := range values {
		object, err := ObjectOf(value)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// MarshalJSON returns the object's own JSON.
func (o Object) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// UnmarshalJSON keeps the JSON as it is.
func (o *Object) UnmarshalJSON(data []byte) error {
	return (*json.RawMessage)(o).UnmarshalJSON(data)
}

// JSONSchema says that it is an object, and no more: its shape is the API's.
func (Object) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "object"} }

// Confirmed is what every tool takes that destroys something.
type Confirmed struct {
	Confirmation string `json:"confirmation,omitempty" jsonschema:"minLength=1,maxLength=200" jsonschema_description:"From a preview, after the user's yes."`
}

// Undo is the call that would take a write back.
type Undo struct {
	Tool      string            `json:"tool" jsonschema_description:"Tool to call."`
	Arguments map[string]string `json:"arguments" jsonschema_description:"Its arguments."`
}

// Written is what every write answers besides what it wrote. With a Preview
// nothing was sent, and the answer holds nothing else.
type Written struct {
	Changed bool     `json:"changed" jsonschema_description:"false: nothing was sent, or it already was so."`
	Undo    *Undo    `json:"undo,omitempty" jsonschema_description:"Call that takes it back."`
	Note    string   `json:"note,omitempty" jsonschema_description:"What else to know."`
	Preview *Preview `json:"preview,omitempty" jsonschema_description:"Nothing was done yet."`
}

// Preview is what a write would do. Names in its sentences are quoted.
type Preview struct {
	WouldDo      []string `json:"would_do" jsonschema_description:"The changes."`
	WouldLose    []string `json:"would_lose,omitempty" jsonschema_description:"What is lost by them."`
	Where        string   `json:"where" jsonschema_description:"The organization."`
	Confirmation string   `json:"confirmation,omitempty" jsonschema_description:"For the second call."`
	NextStep     string   `json:"next_step" jsonschema_description:"What to do now."`
}
