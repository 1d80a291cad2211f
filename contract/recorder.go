package contract

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// maxAnswerBody bounds what is kept of an answer. A longer one cannot be
// checked, and is reported as such.
const maxAnswerBody = 64 << 20

var errAnswerTooLong = errors.New("it is longer than 64 MiB")

// recorder passes an answer through to the client and keeps a copy. The client
// gets each byte as soon as the handler writes it.
type recorder struct {
	http.ResponseWriter
	status    int
	body      bytes.Buffer
	tooLong   bool
	begun     func() // told once, when the status is settled
	unchecked bool   // a fault asked for, a hijacked connection, a client that left
}

// WriteHeader notes the final status. Informational ones come before it and
// are none of the document's business.
func (a *recorder) WriteHeader(status int) {
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.begin(status)
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write keeps what it passes on.
func (a *recorder) Write(p []byte) (int, error) {
	a.settle()
	n, err := a.ResponseWriter.Write(p)
	switch {
	case errors.Is(err, http.ErrBodyNotAllowed):
		a.body.Write(p) // kept from the client, but the handler's mistake all the same
	case err != nil:
		a.unchecked = true // nobody reads it to the end, so the handler may stop anywhere
	case a.unchecked || a.tooLong:
	case a.body.Len()+n > maxAnswerBody:
		a.tooLong = true
	default:
		a.body.Write(p[:n])
	}
	return n, err
}

// settle notes the status of an answer whose handler has set none: it is 200.
func (a *recorder) settle() {
	if a.status == 0 {
		a.begin(http.StatusOK)
	}
}

func (a *recorder) begin(status int) {
	a.status = status
	a.begun()
	if a.Header().Get(FaultHeader) != "" {
		a.unchecked = true
	}
}

// Flush sends what was written so far, if the server can.
func (a *recorder) Flush() {
	a.settle()
	// A server that cannot flush sends the same bytes later.
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

// Hijack hands the connection to the handler. From then on there is no answer
// to check.
func (a *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil {
		a.unchecked = true
	}
	return conn, buffered, err
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (a *recorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *recorder) statusText() string { return strconv.Itoa(a.status) }

// plainBody returns the body as it was before compression.
func (a *recorder) plainBody() ([]byte, error) {
	if a.tooLong {
		return nil, errAnswerTooLong
	}
	encoding := strings.ToLower(strings.TrimSpace(a.Header().Get("Content-Encoding")))
	switch encoding {
	case "", "identity":
		return a.body.Bytes(), nil
	case "gzip":
		unpacked, err := gzip.NewReader(&a.body)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(unpacked, maxAnswerBody+1))
		if err == nil && len(body) > maxAnswerBody {
			return nil, errAnswerTooLong
		}
		return body, err
	default:
		return nil, errors.New("unknown Content-Encoding " + strconv.Quote(encoding))
	}
}
