package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"posthog-org-mcp/sandbox"
)

// The paths of the API that are asked for.
const (
	organizationPath = "/api/organizations/@current/"
	rolesPath        = organizationPath + "roles/?limit=100"
	rolePath         = organizationPath + "roles/" + sandbox.RoleEngineering + "/"
)

// comparison is a tool call and the requests that get the same directly.
type comparison struct {
	name      string // what it is called in the report
	tool      string
	arguments map[string]any
	requests  []string // paths with query, made one after the other
}

// stage is an API, our server in front of it, and a plain HTTP client beside
// the server.
type stage struct {
	api    string // URL
	box    *process
	server *process
	http   *http.Client
	calls  int
}

// openStage starts the sandbox in a process of its own and our server in
// another.
func (b *bench) openStage(ctx context.Context) (*stage, error) {
	box, err := start(ctx, b.server("sandbox", "--rate-limit", "1000000000"))
	if err != nil {
		return nil, err
	}
	s := &stage{box: box}
	if s.api, err = box.announcedURL(); err != nil {
		return nil, err
	}
	if err := s.openServer(ctx, b.serverAt(s.api)); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

// openStageAt starts our server in front of an API that runs already.
func (b *bench) openStageAt(ctx context.Context, api string) (*stage, error) {
	s := &stage{api: api}
	if err := s.openServer(ctx, b.serverAt(api)); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *stage) openServer(ctx context.Context, program program) error {
	openings, err := openings()
	if err != nil {
		return err
	}
	if s.server, err = start(ctx, program); err != nil {
		return err
	}
	if _, err := s.server.exchange(openings[0].text, openings[0].answers); err != nil {
		return err
	}
	s.calls = listID
	if err := s.acquaint(); err != nil {
		return err
	}
	// As many kept connections as our server has.
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: patience}
	return nil
}

// acquaint makes one call, whatever it answers: the first one of a process also
// reads what the key may do, and the calls that are compared come after it.
func (s *stage) acquaint() error {
	s.calls++
	request, err := call(s.calls, "projects-list", nil)
	if err != nil {
		return err
	}
	_, err = s.server.exchange(request, 1)
	return err
}

var loopbackURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// announcedURL reads what the sandbox says of itself until it has said where it
// is.
func (p *process) announcedURL() (string, error) {
	for {
		lines, err := p.exchange(nil, 1)
		if err != nil {
			return "", err
		}
		if url := loopbackURL.Find(lines[0]); url != nil {
			return string(url), nil
		}
	}
}

// throughServer makes a call and takes the time until the answer is read. The
// answer is looked at afterwards.
func (s *stage) throughServer(asked comparison) (time.Duration, string, error) {
	s.calls++
	request, err := call(s.calls, asked.tool, asked.arguments)
	if err != nil {
		return 0, "", err
	}
	began := time.Now()
	answers, err := s.server.exchange(request, 1)
	took := time.Since(began)
	if err != nil {
		return 0, "", err
	}
	result, err := resultOf(s.calls, answers)
	if err != nil {
		return 0, "", err
	}
	text, err := textOf(result)
	return took, text, err
}

// direct makes requests one after the other and returns how many bytes the
// answers have.
func (s *stage) direct(ctx context.Context, requests []string) (int, error) {
	total := 0
	for _, path := range requests {
		body, err := s.get(ctx, s.api+path)
		if err != nil {
			return 0, err
		}
		total += len(body)
	}
	return total, nil
}

// get makes one request with a client that keeps its connections, and reads the
// whole body.
func (s *stage) get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+sandbox.AdminKey)
	request.Header.Set("Accept", "application/json")
	response, err := s.http.Do(request)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	_, err = io.Copy(&body, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return body.Bytes(), nil
}

// end ends what the stage started, and fails unless it ended well.
func (s *stage) end() error {
	s.http.CloseIdleConnections()
	err := s.server.end()
	if s.box != nil {
		s.box.abandon() // it would go on for ever
	}
	return err
}

// abandon ends what the stage started; after end it does nothing.
func (s *stage) abandon() {
	if s.server != nil {
		s.server.abandon()
	}
	if s.box != nil {
		s.box.abandon()
	}
}
