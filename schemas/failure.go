package schemas

// Failure is what a failed call answers: a sentence that says what failed, one
// that says what to do next, and what the API said, in fields of its own.
// docs/errors.md lists all there are.
type Failure struct {
	Error    string `json:"error"`
	NextStep string `json:"next_step"`

	// Candidates are what the caller may have meant, at most three.
	Candidates []Candidate `json:"candidates,omitempty"`
	// ValidArguments are the names that the tool takes, where one was wrong.
	ValidArguments []string `json:"valid_arguments,omitempty"`

	// The API's own answer; absent when the call never got one.
	Status            int     `json:"status,omitempty"`
	Type              string  `json:"type,omitempty"`
	Code              string  `json:"code,omitempty"`
	Detail            string  `json:"detail,omitempty"`
	Attr              *string `json:"attr,omitempty"`
	RequestID         string  `json:"request_id,omitempty"`
	RetryAfterSeconds int     `json:"retry_after_seconds,omitempty"`

	// Changes says what became of each change of a call that makes several. Of
	// more than ten, those that ended alike are one row.
	Changes []ChangeState `json:"changes,omitempty"`
	// Undo takes back what was done before the failure.
	Undo *Undo `json:"undo,omitempty"`
}

// ChangeState is what became of one change.
type ChangeState struct {
	Change string `json:"change" jsonschema_description:"What it does."`
	State  string `json:"state" jsonschema:"enum=done,enum=unchanged,enum=not done,enum=unknown,enum=not begun" jsonschema_description:"What became of it."`
}

// Candidate is something that the caller may have meant. People have an e-mail
// address, which is how they are named, and anything else an id.
type Candidate struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}
