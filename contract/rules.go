package contract

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi-validator/router"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// rules is the document made ready for checking. It never changes after it is
// built, and one serves the whole process: building it costs about a tenth of
// a second, an exchange tens of microseconds.
type rules struct {
	validator validator.Validator
	router    router.Router
}

// loadRules builds the rules once.
var loadRules = sync.OnceValues(func() (*rules, error) { return newRules(openAPI) })

func newRules(document []byte) (*rules, error) {
	document, err := tighten(document)
	if err != nil {
		return nil, err
	}
	parsed, err := libopenapi.NewDocument(document)
	if err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	model, err := parsed.BuildV3Model()
	if err != nil {
		return nil, fmt.Errorf("build the model: %w", err)
	}
	return &rules{
		validator: validator.NewValidatorFromV3Model(&model.Model,
			config.WithFormatAssertions(),
			config.WithRejectUndeclaredRequestBody(),
			config.WithRejectUnsupportedBodyContent(),
		),
		router: router.NewRouter(&model.Model, router.WithPathOnlyMatching()),
	}, nil
}

// operation is one documented operation, found for one request.
type operation struct {
	*rules
	route *router.Route
}

// find returns the operation that r asks for, with or without the closing
// slash, or nil when the document has none. Paths that a server may rewrite
// before it routes them (empty, "." and ".." segments, encoded slashes) are
// not documented ones, whatever they look like.
func (s *rules) find(r *http.Request) *operation {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/")
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return nil
		}
	}
	if strings.Count(r.URL.Path, "/") != strings.Count(r.URL.EscapedPath(), "/") {
		return nil
	}
	route, err := s.router.FindRoute(requestCopy(r, nil))
	if err != nil || route.Operation == nil {
		return nil
	}
	return &operation{rules: s, route: route}
}

func (o *operation) name() string {
	return cmp.Or(o.route.Operation.OperationId, o.route.Method+" "+o.route.Path)
}

// checkRequest says what in a request does not fit, body being its whole body.
func (o *operation) checkRequest(r *http.Request, body []byte) []string {
	request := requestCopy(r, body)
	_, failures := o.validator.ValidateHttpRequestSyncWithPathItem(request, o.route.PathItem, o.route.Path)
	problems := describe(failures)
	documented := map[string]bool{}
	for _, parameters := range [][]*v3.Parameter{o.route.PathItem.Parameters, o.route.Operation.Parameters} {
		for _, parameter := range parameters {
			documented[parameter.Name] = documented[parameter.Name] || parameter.In == "query"
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		problems = append(problems, fmt.Sprintf("the query cannot be read: %v", err))
	}
	for name, values := range query {
		if !documented[name] {
			problems = append(problems, fmt.Sprintf("query parameter %q is not documented", name))
		} else if len(values) > 1 {
			problems = append(problems, fmt.Sprintf("query parameter %q is given %d times", name, len(values)))
		}
	}
	return problems
}

// checkAnswer says what in an answer does not fit.
func (o *operation) checkAnswer(r *http.Request, answer *recorder) []string {
	body, err := answer.plainBody()
	if err != nil {
		return []string{fmt.Sprintf("the body of the %d cannot be read: %v", answer.status, err)}
	}
	// The library takes an empty body for a fitting one.
	documented := o.route.Operation.Responses.Codes.GetOrZero(answer.statusText())
	if documented != nil {
		wantsBody := documented.Content != nil && documented.Content.Len() > 0
		if wantsBody && len(body) == 0 {
			return []string{fmt.Sprintf("the %d has no body", answer.status)}
		}
		if !wantsBody && len(body) > 0 {
			return []string{fmt.Sprintf("the %d has a body, and is documented without", answer.status)}
		}
	}
	_, failures := o.validator.GetResponseBodyValidator().ValidateResponseBodyWithPathItem(
		requestCopy(r, nil),
		&http.Response{
			StatusCode: answer.status, Header: answer.Header(),
			Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		},
		o.route.PathItem, o.route.Path)
	return describe(failures)
}

// requestCopy returns a request that the library may read and change freely.
// Its path is escaped in the one usual way, because the library compares
// escaped paths with the document's: %40me and @me are the same.
func requestCopy(r *http.Request, body []byte) *http.Request {
	request := r.Clone(r.Context())
	request.URL.RawPath = ""
	request.Body, request.ContentLength = http.NoBody, 0
	if len(body) > 0 {
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return request
}

// describe turns the library's failures into one line each: where, then why.
func describe(failures []*validation.ValidationError) []string {
	var lines []string
	for _, failure := range failures {
		if len(failure.SchemaValidationErrors) == 0 {
			lines = append(lines, failure.Message+": "+failure.Reason)
		}
		for _, schema := range failure.SchemaValidationErrors {
			line := schema.Reason
			if schema.FieldPath != "" {
				line = schema.FieldPath + ": " + line
			} else if failure.ParameterName != "" {
				line = "parameter " + failure.ParameterName + ": " + line
			}
			lines = append(lines, line)
		}
	}
	return lines
}
