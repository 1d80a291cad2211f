package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// faultHeader marks an answer that a fault made or spoiled.
const faultHeader = "X-Sandbox-Fault"

// answer is what leaves for the client.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// refusal is the answer that a problem makes.
func refusal(p problem) answer {
	body, err := encodeJSON(p)
	if err != nil { // a problem is four texts, which always encode
		return answer{status: http.StatusInternalServerError}
	}
	return answer{status: p.status, header: p.header, body: body}
}

// send writes the answer.
func (a answer) send(w http.ResponseWriter) {
	a.head(w)
	_, _ = w.Write(a.body) // whoever is gone needs no answer
}

// head writes all but the body, and announces its full length.
func (a answer) head(w http.ResponseWriter) {
	header := w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	if header.Get("Content-Type") == "" && a.status != http.StatusNoContent {
		header.Set("Content-Type", "application/json")
	}
	header.Set("X-Request-Id", newUUID())
	if a.status != http.StatusNoContent {
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
}

// misbehave answers, or does not, instead of doing the deed.
func (s *Sandbox) misbehave(w http.ResponseWriter, r *http.Request, entry *logEntry, fault Fault) {
	w.Header().Set(faultHeader, string(fault.Kind))
	var a answer
	switch fault.Kind {
	case Throttle:
		seconds := 1
		if fault.RetryAfter > 0 {
			seconds = int(fault.RetryAfter / time.Second)
		}
		a = refusal(waitFor(seconds))
	case Fail:
		a = failure(fault)
	case Redirect:
		location := fault.Location
		if location == "" {
			location = "https://elsewhere.invalid" + r.URL.RequestURI()
		}
		status := fault.Status
		if status == 0 {
			status = http.StatusFound
		}
		a = answer{status: status, header: http.Header{"Location": {location}}}
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler)
	default: // DropBefore
		panic(http.ErrAbortHandler)
	}
	entry.finish(a.status)
	a.send(w)
}

// failure is the answer of a server that failed; with a gateway's status, the
// page of the gateway in front of it; with a client's, the error of that status.
func failure(fault Fault) answer {
	p := serverError
	for _, usual := range []problem{wrongKey, notAMember, notFound} {
		if usual.status == fault.Status {
			p = usual
		}
	}
	if fault.Status != 0 {
		p.status = fault.Status
	}
	if fault.RetryAfter > 0 {
		p = p.with("Retry-After", strconv.Itoa(int(fault.RetryAfter/time.Second)))
	}
	switch p.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		page := fmt.Appendf(nil, "<html><body><h1>%d %s</h1></body></html>\n", p.status, http.StatusText(p.status))
		return answer{status: p.status, header: p.with("Content-Type", "text/html").header, body: page}
	}
	return refusal(p)
}

// spoil sends an answer to a deed that was done, or tried, in a way that it
// should not be sent. An answer that has no body gets one to spoil.
func (s *Sandbox) spoil(w http.ResponseWriter, r *http.Request, a answer, fault Fault) {
	w.Header().Set(faultHeader, string(fault.Kind))
	if a.status == http.StatusNoContent && fault.Kind != EmptyBody {
		a.status, a.body = http.StatusOK, []byte("{}")
	}
	switch fault.Kind {
	case CutBody:
		a.head(w)
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case EmptyBody:
		a.body = nil
		a.send(w)
	case Garbage:
		a.body = []byte("<!-- not \x00 JSON \xff -->")
		a.send(w)
	case WrongShape:
		a.body = fmt.Appendf(nil, "[%s]", a.body)
		a.send(w)
	case EndlessBody:
		s.stream(w, r, a)
	default: // DropAfter
		panic(http.ErrAbortHandler)
	}
}

// stream sends an object whose only text never ends.
func (s *Sandbox) stream(w http.ResponseWriter, r *http.Request, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	chunk := `{"id": "`
	for {
		if _, err := w.Write([]byte(chunk)); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.done:
			panic(http.ErrAbortHandler)
		default:
		}
		chunk = strings.Repeat("endless ", 4096)
	}
}
