package tools

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"posthog-org-mcp/schemas"
)

// DefaultMaxResultBytes is how long the JSON of an answer may be unless the
// operator says otherwise.
const DefaultMaxResultBytes = 40_000

// errTooLong is an answer that cannot be made short enough by leaving rows out.
var errTooLong = errors.New("the answer is too long")

// marshal writes an answer that is no longer than the operator allows. Rows that
// do not fit are left out, and the answer says so. What a write did is told in
// any case; of a read that does not fit there is nothing to tell.
func (env Environment) marshal(result any) (json.RawMessage, error) {
	most := cmp.Or(env.MaxResultBytes, DefaultMaxResultBytes)
	data, err := env.marshalWhole(result)
	if err != nil || len(data) <= most {
		return data, err
	}
	long := len(data)
	if bounded, ok := result.(schemas.Bounded); ok {
		if data, err := env.marshalFirst(bounded, most); err != nil || data != nil {
			return data, err
		}
	}
	if essential, ok := result.(schemas.Essential); ok {
		return env.marshalWhole(essential.Essence(most))
	}
	return nil, fmt.Errorf("%w: it has %d bytes, and may have %d", errTooLong, long, most)
}

// marshalFirst writes a result with as many of its rows as fit; nil when not even
// the fewest do.
func (env Environment) marshalFirst(result schemas.Bounded, most int) (fitting json.RawMessage, err error) {
	low, high := result.Rows()
	for low < high {
		// A row more makes an answer longer, all but for the digits of its note; so
		// what is kept is what was seen to fit.
		n := low + (high-low)/2
		data, err := env.marshalWhole(result.FirstRows(n, most))
		switch {
		case err != nil:
			return nil, err
		case len(data) <= most:
			fitting, low = data, n+1
		default:
			high = n
		}
	}
	return fitting, nil
}
