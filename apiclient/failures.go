package apiclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// What may be known about a request that got no answer, or none of use.
var (
	// ErrNotSent holds when not a byte of the request left, and no earlier try may
	// have been carried out: the server surely did nothing.
	ErrNotSent = errors.New("the request was not sent")
	// ErrUnknownOutcome holds for a write that the server may or may not have
	// carried out, in its last try or an earlier one. Only reading back tells.
	ErrUnknownOutcome = errors.New("the outcome is unknown")
	// ErrNoAnswer holds for every request that got no answer: every TransportError.
	ErrNoAnswer = errors.New("no answer came")
	// ErrBodyTooLarge is an answer beyond Config.MaxBody.
	ErrBodyTooLarge = errors.New("the answer is too large")
	// ErrUnreadableBody is an answer of success whose body is cut, empty,
	// garbage, or not of the documented shape.
	ErrUnreadableBody = errors.New("the answer is unreadable")
	// ErrRedirected is a redirect that is not followed: that of a write, or one
	// that would take the key to another host.
	ErrRedirected = errors.New("redirected")
	// ErrBrokenList is a list whose pages do not fit together.
	ErrBrokenList = errors.New("the pages of the list do not fit together")
)

// Sent is what is known about whether a request reached the server.
type Sent int

const (
	// MaybeSent means that some of the request may have left.
	MaybeSent Sent = iota
	// NotSent means that surely nothing did.
	NotSent
)

// String returns "maybe sent" or "not sent".
func (s Sent) String() string {
	if s == NotSent {
		return "not sent"
	}
	return "maybe sent"
}

// TransportError is a request that got no answer. It unwraps to the cause: a
// *TimeoutError, the caller's context.Canceled, or a network error.
type TransportError struct {
	// Operation is the method and path template, such as "PATCH roles/{id}/".
	Operation string
	Method    string
	Sent      Sent
	Err       error
	text      string // Err's text, masked and cut.
}

func (e *TransportError) Error() string {
	prefix := e.Operation + ": "
	switch {
	case e.Sent == NotSent:
		prefix += "not sent: "
	case isWrite(e.Method):
		prefix += "it may or may not have been carried out: "
	}
	return prefix + e.text
}

func (e *TransportError) Unwrap() error { return e.Err }

// Is matches ErrNoAnswer, ErrNotSent, and ErrUnknownOutcome for a write that may
// have left.
func (e *TransportError) Is(target error) bool {
	switch target {
	case ErrNoAnswer:
		return true
	case ErrNotSent:
		return e.Sent == NotSent
	case ErrUnknownOutcome:
		return e.Sent == MaybeSent && isWrite(e.Method)
	}
	return false
}

// TimeoutError is a limit of Config.Timeouts that passed. It also matches
// context.DeadlineExceeded.
type TimeoutError struct {
	// Limit is the field of Timeouts in lower case: connect, header or total.
	Limit string
	After time.Duration
}

func (e *TimeoutError) Error() string {
	did := map[string]string{
		limitConnect: "no connection",
		limitHeader:  "no answer",
		limitTotal:   "no complete answer",
	}[e.Limit]
	after := e.After.String()
	if e.After%time.Second == 0 {
		after = fmt.Sprintf("%ds", e.After/time.Second) // 60s reads better than 1m0s.
	}
	return fmt.Sprintf("%s within %s (%s timeout)", did, after, e.Limit)
}

// Is matches context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Timeout is true, as net.Error has it.
func (e *TimeoutError) Timeout() bool { return true }

const (
	limitConnect = "connect"
	limitHeader  = "header"
	limitTotal   = "total"
)

// RetriedError is the error of an operation that was tried more than once. It
// unwraps to the error of the last try, and then to those of earlier tries that
// may have been carried out: it matches ErrUnknownOutcome if any try does, and
// then never ErrNotSent.
type RetriedError struct {
	// Tries is how many there were.
	Tries int
	// Err is what ended the last try, or the waiting for the next.
	Err    error
	doubts []error
}

// afterTries makes the error of an operation, after the given number of tries.
func afterTries(tries int, doubts []error, err error) error {
	if tries < 2 && len(doubts) == 0 {
		return err
	}
	var failure *TransportError
	if len(doubts) > 0 && errors.As(err, &failure) {
		// What is known of the last try alone would say too little of the operation.
		whole := *failure
		whole.Sent = MaybeSent
		err = &whole
	}
	return &RetriedError{Tries: tries, Err: err, doubts: doubts}
}

func (e *RetriedError) Error() string {
	tries := "1 try"
	if e.Tries > 1 {
		tries = fmt.Sprintf("%d tries", e.Tries)
	}
	if len(e.doubts) > 0 && !errors.Is(e.Err, ErrUnknownOutcome) {
		return fmt.Sprintf("%v (after %s; an earlier one may or may not have been carried out)", e.Err, tries)
	}
	return fmt.Sprintf("%v (after %s)", e.Err, tries)
}

// Unwrap returns the error of the last try, and those that leave the outcome open.
func (e *RetriedError) Unwrap() []error { return append([]error{e.Err}, e.doubts...) }

// AnswerError is an answer that came, is no refusal, and is of no use. It
// unwraps to ErrBodyTooLarge, ErrUnreadableBody, ErrRedirected or ErrBrokenList.
type AnswerError struct {
	// Operation is the method and path template, such as "PATCH roles/{id}/".
	Operation string
	Method    string
	// Status is 0 for an ErrBrokenList, which is about several answers.
	Status    int
	RequestID string
	// Reason is what is wrong with the answer, as the rest of a sentence.
	Reason string
	Err    error
	cutOff bool // the connection broke within the answer
}

func (e *AnswerError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %v: %s", e.Operation, e.Err, e.Reason)
	}
	return fmt.Sprintf("%s: %d: %v: %s", e.Operation, e.Status, e.Err, e.Reason)
}

func (e *AnswerError) Unwrap() error { return e.Err }

// Is matches ErrUnknownOutcome for a write: an answer of success does not go with
// a write that was refused, and many servers redirect after the deed. Only 307
// and 308 say that the write has yet to be sent elsewhere.
func (e *AnswerError) Is(target error) bool {
	if target != ErrUnknownOutcome || !isWrite(e.Method) {
		return false
	}
	moved := e.Status == http.StatusTemporaryRedirect || e.Status == http.StatusPermanentRedirect
	return !errors.Is(e.Err, ErrRedirected) || !moved
}

// ArgumentError is an argument that no request is made of. It matches
// ErrInvalid and ErrNotSent.
type ArgumentError struct {
	// Operation is empty when a value was only parsed.
	Operation string
	// Argument says what the value is, such as "role id".
	Argument string
	// Value is what the caller gave: quoted, cut to 60 characters, secrets
	// masked; empty when it says nothing.
	Value string
	// Problem is the rest of the sentence, such as "is not a UUID".
	Problem string
}

func (e *ArgumentError) Error() string {
	text := e.Argument + " "
	if e.Operation != "" {
		text = e.Operation + ": " + text
	}
	if e.Value != "" {
		text += e.Value + " "
	}
	return text + e.Problem
}

// Is matches ErrInvalid and ErrNotSent.
func (e *ArgumentError) Is(target error) bool { return target == ErrInvalid || target == ErrNotSent }
