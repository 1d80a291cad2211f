package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

var errStdinClosed = errors.New("stdin is closed")

// SendRaw writes bytes to the server as they are, whole lines or parts of
// lines, and notes which answers they may bring. NextFrame returns those.
func (s *Session) SendRaw(data []byte) {
	s.tb.Helper()
	if err := s.writeRaw(data); err != nil {
		s.tb.Fatalf("harness: write %s: %v (%s)", cut(data, 100), err, s.state())
	}
}

// NextFrame returns the next answer to something that SendRaw sent, in the
// order of their coming.
func (s *Session) NextFrame() Frame {
	s.tb.Helper()
	var next Frame
	if !s.await(func() bool {
		if len(s.frames) == 0 {
			return false
		}
		next, s.frames = s.frames[0], s.frames[1:]
		return true
	}) {
		s.tb.Fatalf("harness: no frame came (%s)", s.state())
	}
	return next
}

// CloseStdin tells the server that its client has left. Only the first call
// does anything.
func (s *Session) CloseStdin() {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	if len(s.partial) > 0 {
		s.expect(s.partial) // a server may take the end for a newline
	}
	_ = s.child.stdin.Close()
}

func (s *Session) writeRaw(data []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	lines := bytes.Split(append(s.partial, data...), []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		s.expect(line)
	}
	s.partial = bytes.Clone(lines[len(lines)-1])
	return s.writeLocked(data)
}

// expect notes what a raw line may be answered with: its own id, or null when
// it has none that can be read.
func (s *Session) expect(line []byte) {
	var call struct {
		ID     json.RawMessage `json:"id"`
		Method json.RawMessage `json:"method"`
	}
	err := json.Unmarshal(line, &call)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil && len(call.ID) > 0 && string(call.ID) != "null":
		s.rawIDs[string(call.ID)]++
	case err == nil && isNotification(call.Method):
	default:
		s.rawNulls++
	}
}

func isNotification(method json.RawMessage) bool {
	return bytes.HasPrefix(method, []byte(`"notifications/`))
}

// Notify sends a notification.
func (s *Session) Notify(method string, params any) {
	s.tb.Helper()
	var encoded json.RawMessage
	if params != nil {
		encoded = encode(s.tb, params)
	}
	if err := s.send(nil, method, encoded); err != nil {
		s.tb.Fatalf("harness: send %s: %v (%s)", method, err, s.state())
	}
}

// send writes one call: a request with an id, a notification without.
func (s *Session) send(id json.RawMessage, method string, params json.RawMessage) error {
	data, err := json.Marshal(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id,omitempty"`
		Method  string          `json:"method"`
		Params  json.RawMessage `json:"params,omitempty"`
	}{"2.0", id, method, params})
	if err != nil {
		return err
	}
	return s.write(append(data, '\n'))
}

func (s *Session) write(data []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.writeLocked(data)
}

// writeLocked writes with a deadline: a server that no longer reads its stdin
// must not hold up the test. After a write that hangs, stdin is of no use.
func (s *Session) writeLocked(data []byte) error {
	if s.closed {
		return errStdinClosed
	}
	written := make(chan error, 1)
	go func() {
		_, err := s.child.stdin.Write(data)
		written <- err
	}()
	deadline := time.NewTimer(s.options.Timeout)
	defer deadline.Stop()
	select {
	case err := <-written:
		return err
	case <-deadline.C:
		s.closed = true
		_ = s.child.stdin.Close()
		return errors.New("the server does not read its stdin")
	}
}
