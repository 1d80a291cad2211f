package tools

// DefaultMaxResultBytes is how long the JSON of an answer may be unless the
// operator says otherwise.
const DefaultMaxResultBytes = 40_000
