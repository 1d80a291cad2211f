package apiclient

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// resend is the kind of an operation as far as sending again goes. It is a row of
// the table below, and each call carries one.
type resend int

const (
	// resendNever is the zero value, so that a call that names none goes out once.
	resendNever resend = iota
	resendRead
	resendDelete
	resendUnsent
)

// rule is the whole policy as one table.
func (r resend) rule() resendRule {
	return map[resend]resendRule{
		// A read changes nothing, so any fault that may pass is worth another try.
		resendRead: {after: []fault{unsent, broken, throttled, unavailable}},
		// A delete names its thing by an id that is never given again. If an earlier
		// try may have been carried out, a thing that is not there was deleted by it.
		resendDelete: {after: []fault{unsent, broken, throttled, unavailable}, goneIsDone: true},
		// A create or an update may clash with itself, or with what others did
		// meanwhile. It goes out again only if it surely never reached the server.
		resendUnsent: {after: []fault{unsent}},
		// A second rotation would cut off every server that holds the first token.
		// It goes out once, whatever is believed of the first; see newOnceTransport.
		resendNever: {after: []fault{}},
	}[r]
}

// resendRule says after which faults a call goes out again.
type resendRule struct {
	after []fault
	// goneIsDone makes a 404 a success after a try that may have been carried out.
	goneIsDone bool
}

func (r resendRule) allows(err error) bool { return slices.Contains(r.after, faultOf(err)) }

// fault is why a try failed, as far as sending again goes.
type fault int

const (
	lasting     fault = iota // everything else: another try would end the same, or too late
	unsent                   // there was no connection: not a byte left
	broken                   // the connection broke later, be it within the answer
	throttled                // 429
	unavailable              // 502, 503, 504
)

func faultOf(err error) fault {
	var (
		failure *TransportError
		limit   *TimeoutError
		late    *turnError
		answer  *AnswerError
		refused *Error
	)
	switch {
	case errors.As(err, &failure):
		switch {
		case errors.As(failure.Err, &limit) && limit.Limit != limitConnect:
			return lasting // A server that is slow to answer would be asked to work twice.
		case errors.As(failure.Err, &late):
			return lasting
		case failure.Sent == NotSent:
			return unsent
		}
		return broken
	case errors.As(err, &answer) && answer.cutOff:
		return broken
	case errors.As(err, &refused):
		switch refused.Status {
		case http.StatusTooManyRequests:
			return throttled
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return unavailable
		}
	}
	return lasting
}

// IsGone reports whether the API itself says that the thing is not there. The 404
// of a proxy says nothing of it, nor does one about the organization or project.
func IsGone(err error) bool {
	var refused *Error
	if !errors.As(err, &refused) || refused.Status != http.StatusNotFound || refused.Code != "not_found" {
		return false
	}
	detail := strings.ToLower(refused.Detail)
	return !strings.HasPrefix(detail, "organization ") && !strings.HasPrefix(detail, "project ")
}
