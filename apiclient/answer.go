package apiclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on what a refusal may make us read and wait.
const (
	maxRefusalBody = 64 << 10
	maxRetryAfter  = 24 * time.Hour
)

// readAnswer reads the answer of a call that was not refused.
func (c *core) readAnswer(call call, response *http.Response, decode func(*json.Decoder) error) error {
	bounded := &boundedReader{source: response.Body, left: c.maxBody}
	unusable := func(sentinel error, reason string) error {
		problem := c.unusable(call, response, sentinel, reason)
		problem.cutOff = bounded.broken
		return problem
	}
	if response.StatusCode != call.success {
		return unusable(ErrUnreadableBody, fmt.Sprintf("the API documents status %d here", call.success))
	}
	if decode == nil {
		return nil
	}
	decoder := json.NewDecoder(bounded)
	err := decode(decoder)
	if err == nil {
		err = expectEnd(decoder)
	}
	switch {
	case bounded.exceeded:
		return unusable(ErrBodyTooLarge, fmt.Sprintf("it is longer than %d bytes", c.maxBody))
	case err == nil:
		return nil
	case bounded.read == 0 && errors.Is(err, io.EOF):
		return unusable(ErrUnreadableBody, "it is empty")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return unusable(ErrUnreadableBody, fmt.Sprintf("it was cut off after %d bytes", bounded.read))
	}
	if kind := mediaType(response); kind != "" && kind != "application/json" {
		return unusable(ErrUnreadableBody, "it is "+foreign(c.redactor, kind, maxArgumentText)+", not JSON; is this host PostHog?")
	}
	return unusable(ErrUnreadableBody, foreign(c.redactor, err.Error(), maxServerText))
}

// unusable makes an AnswerError of an answer.
func (c *core) unusable(call call, response *http.Response, sentinel error, reason string) *AnswerError {
	return &AnswerError{
		Operation: call.operation(), Method: call.method,
		Status: response.StatusCode, RequestID: c.requestID(response),
		Reason: reason, Err: sentinel,
	}
}

// expectEnd sees that nothing follows the value, which also leaves the
// connection fit for the next request.
func expectEnd(decoder *json.Decoder) error {
	switch _, err := decoder.Token(); {
	case err == io.EOF:
		return nil
	case err == nil:
		return errors.New("something follows the JSON value")
	default:
		return err
	}
}

// boundedReader reads at most left bytes, and notices when there are more, and
// when the source breaks off before its end.
type boundedReader struct {
	source   io.Reader
	left     int64
	read     int64
	exceeded bool
	broken   bool
}

func (r *boundedReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		// A body of exactly the bound is well: only one more byte is too many.
		var one [1]byte
		n, err := r.source.Read(one[:])
		if n > 0 {
			r.exceeded = true
			return 0, ErrBodyTooLarge
		}
		r.notice(err)
		return 0, err
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := r.source.Read(p)
	r.left -= int64(n)
	r.read += int64(n)
	r.notice(err)
	return n, err
}

func (r *boundedReader) notice(err error) {
	r.broken = r.broken || err != nil && err != io.EOF
}

// decodeObject decodes one JSON object into target, and refuses what encoding/json
// would let pass as a zero value: null, and an object without its id.
func decodeObject[T any](decoder *json.Decoder, target *T) error {
	value := target
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	if value == nil {
		return errors.New("null stands where an object should")
	}
	if missing := missingField(target); missing != "" {
		return fmt.Errorf("an object came without its %q", missing)
	}
	return nil
}

// essential is a type that has no id, or needs more than that.
type essential interface {
	// missing returns the JSON name of a field that is not there and must be.
	missing() string
}

// missingField returns the JSON name of the field without which a value is not
// what it should be: its id, for everything that has one.
func missingField(value any) string {
	if value, ok := value.(essential); ok {
		return value.missing()
	}
	object := reflect.ValueOf(value).Elem()
	if object.Kind() != reflect.Struct {
		return ""
	}
	for i := range object.NumField() {
		name, _, _ := strings.Cut(object.Type().Field(i).Tag.Get("json"), ",")
		if name == "id" && object.Field(i).IsZero() {
			return name
		}
	}
	return ""
}

// refusal makes an Error of an answer of 400 or more. Whatever its body is, there
// is an Error: a body that cannot be read costs the detail, no more.
func (c *core) refusal(call call, target *url.URL, response *http.Response) error {
	refused := &Error{
		Operation: call.operation(), Method: call.method, Path: target.Path,
		Status: response.StatusCode, RequestID: c.requestID(response),
		RetryAfter: retryAfter(response.Header),
	}
	data, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusalBody))
	var told struct {
		Type, Code, Detail string
		Attr               *string
	}
	// A field of the wrong type is left out, the others are kept.
	err := json.Unmarshal(data, &told)
	var wrongType *json.UnmarshalTypeError
	if (err == nil || errors.As(err, &wrongType)) && told.Detail+told.Code+told.Type != "" {
		refused.Type = foreign(c.redactor, told.Type, maxArgumentText)
		refused.Code = foreign(c.redactor, told.Code, maxArgumentText)
		refused.Detail = foreign(c.redactor, told.Detail, maxServerText)
		if told.Attr != nil {
			attr := foreign(c.redactor, *told.Attr, maxArgumentText)
			refused.Attr = &attr
		}
		return refused
	}
	if isPlainText(response, data) {
		refused.Detail = foreign(c.redactor, string(data), maxServerText)
	}
	return refused
}

// isPlainText reports whether a body is worth showing. A page of HTML, as proxies
// send, is not, whatever it says of itself.
func isPlainText(response *http.Response, data []byte) bool {
	kind := mediaType(response)
	if kind != "text/plain" && kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return false
	}
	return utf8.Valid(data) && !strings.HasPrefix(strings.TrimSpace(string(data)), "<")
}

func mediaType(response *http.Response) string {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

func (c *core) requestID(response *http.Response) string {
	return foreign(c.redactor, response.Header.Get("X-Request-Id"), maxRequestID)
}

// retryAfter reads the header of that name: seconds, or a date, which is taken
// against the server's own clock.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		wait = time.Duration(max(0, min(seconds, int64(maxRetryAfter/time.Second)))) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		now, err := http.ParseTime(header.Get("Date"))
		if err != nil {
			now = time.Now()
		}
		wait = date.Sub(now)
	}
	return max(0, min(wait, maxRetryAfter))
}
