package harness

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ProxyFault is a way in which a Proxy spoils a write.
type ProxyFault string

// The faults. Those of the first group strike before the deed, which is then
// not done; the others spoil the answer to what the API has carried out.
const (
	FaultRefused       ProxyFault = "refused connection"      // nothing listens; see Proxy.Watch for when something does again
	FaultResetBefore   ProxyFault = "reset before send"       // the connection is reset at the request's head
	FaultThrottled     ProxyFault = "429 with Retry-After"    // of one second
	FaultThrottledBare ProxyFault = "429 without Retry-After" // the same but for the header
	Fault500           ProxyFault = "500"                     // PostHog's error object
	Fault502           ProxyFault = "502"                     // a page of HTML, as gateways send it
	Fault503           ProxyFault = "503"                     // a page of HTML
	Fault504           ProxyFault = "504"                     // a page of HTML
	FaultRedirect      ProxyFault = "redirect"                // 307 to the same address: who follows it arrives once more

	FaultResetAfter  ProxyFault = "reset after send"    // the connection is reset, no answer
	FaultHangAfter   ProxyFault = "time-out after send" // no answer until the client leaves
	Fault500After    ProxyFault = "500 after the deed"  // PostHog's error object
	Fault502After    ProxyFault = "502 after the deed"  // a page of HTML
	Fault504After    ProxyFault = "504 after the deed"  // a page of HTML
	FaultCutBody     ProxyFault = "cut body"            // the whole length announced, half of it sent; an answer without a body is cut in its head
	FaultEmptyBody   ProxyFault = "empty body"          // the right status and no body; 200 instead of 204, here and below
	FaultGarbageBody ProxyFault = "garbage body"        // the right status and a body that is not JSON
	FaultWrongShape  ProxyFault = "wrong shape"         // the right status and the right body inside an array
	FaultEndlessBody ProxyFault = "endless body"        // the right status and a text that goes on until the client leaves, or for 64 MB
)

// ProxyFaults returns all faults, in the order of a write's way.
func ProxyFaults() []ProxyFault {
	return []ProxyFault{
		FaultRefused, FaultResetBefore, FaultThrottled, FaultThrottledBare, Fault500, Fault502, Fault503, Fault504, FaultRedirect,
		FaultResetAfter, FaultHangAfter, Fault500After, Fault502After, Fault504After,
		FaultCutBody, FaultEmptyBody, FaultGarbageBody, FaultWrongShape, FaultEndlessBody,
	}
}

// Does reports whether a write that meets the fault reaches the API, which then
// carries it out.
func (f ProxyFault) Does() bool {
	switch f {
	case FaultRefused, FaultResetBefore, FaultThrottled, FaultThrottledBare, Fault500, Fault502, Fault503, Fault504, FaultRedirect:
		return false
	}
	return true
}

// metFault is a write that met a fault. The answer is the API's, nil when the
// fault does not do the deed.
type metFault struct {
	proxy   *Proxy
	conn    *proxyConn
	request *http.Request
	answer  *http.Response
	body    []byte // of the answer
}

// spoil sends the client what it gets, and reports whether the connection is
// still of use. No fault is the answer as it is.
func (f ProxyFault) spoil(m metFault) (goesOn bool) {
	switch f {
	case FaultResetAfter:
		m.conn.reset()
	case FaultHangAfter:
		_, _ = io.Copy(io.Discard, m.conn) // ends when the client leaves
	case FaultThrottled:
		return m.fails(http.StatusTooManyRequests, http.Header{"Retry-After": {"1"}})
	case FaultThrottledBare:
		return m.fails(http.StatusTooManyRequests, nil)
	case Fault500, Fault500After:
		return m.fails(http.StatusInternalServerError, nil)
	case Fault502, Fault502After:
		return m.fails(http.StatusBadGateway, nil)
	case Fault503:
		return m.fails(http.StatusServiceUnavailable, nil)
	case Fault504, Fault504After:
		return m.fails(http.StatusGatewayTimeout, nil)
	case FaultRedirect:
		return m.send(http.StatusTemporaryRedirect, http.Header{"Location": {m.proxy.URL + m.request.URL.RequestURI()}}, nil)
	case FaultCutBody:
		m.cut()
	case FaultEmptyBody:
		return m.send(m.statusWithBody(), m.answer.Header, nil)
	case FaultGarbageBody:
		return m.send(m.statusWithBody(), m.answer.Header, []byte("<!-- not \x00 JSON \xff -->"))
	case FaultWrongShape:
		return m.send(m.statusWithBody(), m.answer.Header, fmt.Appendf(nil, "[%s]", m.body))
	case FaultEndlessBody:
		m.stream()
	default:
		return m.send(m.answer.StatusCode, m.answer.Header, m.body)
	}
	return false
}

// statusWithBody is the answer's status, but 200 where that allows no body.
func (m metFault) statusWithBody() int {
	if m.answer.StatusCode == http.StatusNoContent {
		return http.StatusOK
	}
	return m.answer.StatusCode
}

// fails sends an error as PostHog answers it, or as the gateway before it does.
func (m metFault) fails(status int, header http.Header) (goesOn bool) {
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	kind, text := "application/json", ""
	switch status {
	case http.StatusTooManyRequests:
		text = `{"type":"throttled_error","code":"throttled","detail":"Request was throttled.","attr":null}`
	case http.StatusInternalServerError:
		text = `{"type":"server_error","code":"error","detail":"A server error occurred.","attr":null}`
	default:
		kind = "text/html"
		text = fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>\r\n", status, http.StatusText(status))
	}
	header.Set("Content-Type", kind)
	return m.send(status, header, []byte(text))
}

// send answers with a length and a body that fit each other.
func (m metFault) send(status int, header http.Header, body []byte) (goesOn bool) {
	response := m.response(status, header, body)
	return response.Write(m.conn) == nil && !response.Close
}

func (m metFault) response(status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Request: m.request, Header: header,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
		Close: m.request.Close || m.proxy.refuses(),
	}
}

// cut sends the answer up to the middle of its body, or of its head if it has none.
func (m metFault) cut() {
	var whole bytes.Buffer
	if err := m.response(m.answer.StatusCode, m.answer.Header, m.body).Write(&whole); err != nil {
		return
	}
	length := whole.Len() - (len(m.body)+1)/2
	if len(m.body) == 0 {
		length = whole.Len() / 2
	}
	_, _ = m.conn.Write(whole.Bytes()[:length])
}

// stream sends an object whose only text never ends. It comes in chunks, of
// which the last one is missing when the client has not left by the end.
func (m metFault) stream() {
	const chunk = 32 << 10
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"id\": \"\r\n",
		m.statusWithBody(), http.StatusText(m.statusWithBody()))
	part := fmt.Sprintf("%x\r\n%s\r\n", chunk, strings.Repeat("x", chunk))
	_, err := io.WriteString(m.conn, head)
	for sent := 0; err == nil && sent < maxProxied; sent += chunk {
		_, err = io.WriteString(m.conn, part)
	}
}
