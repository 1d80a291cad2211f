package journal

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"time"
)

// Entry is one write as the journal tells it: what was intended and, once it is
// known, what became of it. As JSON it is the intent with session and outcome.
type Entry struct {
	Intent
	Session string  `json:"session"`          // the run of the process that wrote the intent
	Outcome Outcome `json:"outcome,omitzero"` // zero while the write is open
}

// Open reports whether nobody has written down yet what became of the write.
func (e Entry) Open() bool { return e.Outcome.State == "" }

// Intent is what is about to be done.
type Intent struct {
	ID           string          `json:"id"`                    // of this write, such as "k3f9q2m7ab.1"
	Call         string          `json:"call"`                  // of the call it belongs to, such as "k3f9q2m7ab"
	Time         time.Time       `json:"time"`                  // written in UTC; zero becomes the time of writing
	Tool         string          `json:"tool,omitempty"`        // such as "roles-delete"
	Arguments    json.RawMessage `json:"arguments,omitempty"`   // of the call, without secrets
	Actor        Actor           `json:"actor,omitzero"`        // whose key it is
	Organization Organization    `json:"organization,omitzero"` // where it happens
	Host         string          `json:"host,omitempty"`        // of the API
	Kind         string          `json:"kind,omitempty"`        // such as "delete role"
	Summary      string          `json:"summary,omitempty"`     // one line for people: delete role "Support"
	People       []string        `json:"people,omitempty"`      // addresses and names of those it is about
	Change       json.RawMessage `json:"change,omitempty"`      // before and after; only the writer's package reads it
	Undoes       string          `json:"undoes,omitempty"`      // id of the write that this one takes back
}

// Actor is whose key a write was made with.
type Actor struct {
	UserUUID string `json:"user_uuid,omitempty"`
	Email    string `json:"email,omitempty"`
	Key      string `json:"key,omitempty"` // masked by the caller
}

// Organization is where a write happens.
type Organization struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Outcome is what became of a write.
type Outcome struct {
	ID        string          `json:"id"`                   // of the intent
	Time      time.Time       `json:"time"`                 // written in UTC; zero becomes the time of writing
	State     State           `json:"state"`                // never empty
	RequestID string          `json:"request_id,omitempty"` // of the API's answer
	Result    json.RawMessage `json:"result,omitempty"`     // what was made
	Reason    string          `json:"reason,omitempty"`     // why not, for people
	ReadBack  bool            `json:"read_back,omitempty"`  // the answer was lost; reading afterwards told
	Recovered bool            `json:"recovered,omitempty"`  // found out at a later start
}

// State is how a write ended. The empty State is that of an open write.
type State string

// The ways a write can end.
const (
	Done      State = "done"      // it happened
	Unchanged State = "unchanged" // there was nothing to do
	Refused   State = "refused"   // PostHog answered that it will not do it
	Declined  State = "declined"  // the user did not want it; it was never sent
	Failed    State = "failed"    // it was sent, and surely did not happen
	Unknown   State = "unknown"   // it was sent, and nobody knows
)

func (s State) known() bool {
	switch s {
	case Done, Unchanged, Refused, Declined, Failed, Unknown:
		return true
	default:
		return false
	}
}

const (
	idLength = 10
	// idAlphabet leaves out the letters that are mistaken for others.
	idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

// NewID returns a new id for a call: ten lower-case letters and digits, chosen
// at random out of 2^50.
func NewID() string {
	var random [7]byte
	// Since Go 1.24 it never fails.
	_, _ = rand.Read(random[:])
	return base32.NewEncoding(idAlphabet).WithPadding(base32.NoPadding).EncodeToString(random[:])[:idLength]
}
