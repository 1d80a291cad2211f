package schemas

// Failure is what a failed call answers: a sentence that says what failed, one
// that says what to do next, and what the API said, word for word, in fields.
type Failure struct {
	Error    string `json:"error"`
	NextStep string `json:"next_step"`

	// The API's own answer; absent when the call never got one.
	Status    int     `json:"status,omitempty"`
	Type      string  `json:"type,omitempty"`
	Code      string  `json:"code,omitempty"`
	Detail    string  `json:"detail,omitempty"`
	Attr      *string `json:"attr,omitempty"`
	RequestID string  `json:"request_id,omitempty"`

	RetryAfterSeconds int         `json:"retry_after_seconds,omitempty"`
	Candidates        []NamedByID `json:"candidates,omitempty"`
	ValidArguments    []string    `json:"valid_arguments,omitempty"`
	// Changes says what became of each change of a call that makes several.
	Changes []ChangeState `json:"changes,omitempty"`
	// Undo takes back what was done before the failure.
	Undo *Undo `json:"undo,omitempty"`
}

// ChangeState is what became of one change.
type ChangeState struct {
	Change string `json:"change" jsonschema_description:"What it does."`
	State  string `json:"state" jsonschema:"enum=done,enum=unchanged,enum=not done,enum=unknown,enum=not begun" jsonschema_description:"What became of it."`
}

// NamedByID is something that the caller may have meant.
type NamedByID struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}
