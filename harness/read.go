package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
)

// maxLine bounds one frame from the server.
const maxLine = 64 << 20

// maxViolations bounds what is reported of a server that has lost its way.
const maxViolations = 5

// Answerer answers what a server asks its client: ping, elicitation/create,
// roots/list, sampling/createMessage. A result is encoded as JSON; an error is
// sent as such. It may be called by several goroutines at once.
type Answerer func(method string, params json.RawMessage) (result any, err *RPCError)

// Decline answers pings, has no roots, declines whatever the user is asked, and
// knows no other method. It is what a session does unless told otherwise.
func Decline(method string, _ json.RawMessage) (any, *RPCError) {
	switch method {
	case "ping":
		return struct{}{}, nil
	case "roots/list":
		return map[string][]string{"roots": {}}, nil
	case "elicitation/create":
		return map[string]string{"action": "decline"}, nil
	default:
		return nil, &RPCError{Code: -32601, Message: "Method not found"}
	}
}

// read takes stdout apart until it ends. It alone decides what counts as a
// frame.
func (s *Session) read() {
	defer close(s.drained)
	var stdout io.Reader = s.child.stdout
	if s.options.Stdout != nil {
		stdout = io.TeeReader(stdout, s.options.Stdout)
	}
	lines := bufio.NewReaderSize(stdout, 64<<10)
	for number := 1; ; number++ {
		line, err := readLine(lines)
		if err != nil {
			if len(line) > 0 {
				s.violation("stdout ends in the middle of a line: %s", cut(line, 300))
			}
			break
		}
		frame, err := parseFrame(line)
		if err != nil {
			s.violation("stdout line %d is no JSON-RPC frame, %v: %s", number, err, cut(line, 300))
			continue
		}
		s.take(frame)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for _, pending := range s.pending {
		close(pending.gone)
	}
	s.signalLocked()
}

var errLineTooLong = errors.New("line too long")

// readLine returns one line without its newline. With an error it returns what
// there was of the line.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		case len(line) > maxLine:
			_, _ = io.Copy(io.Discard, r) // so that the server does not block on a full pipe
			return line, errLineTooLong
		}
	}
}

// take hands a frame to whoever waits for it.
func (s *Session) take(frame Frame) {
	switch {
	case frame.isRequest():
		s.asking.Add(1)
		go func() {
			defer s.asking.Done()
			s.answer(frame)
		}()
	case frame.Method != "":
		s.mu.Lock()
		s.notifications = append(s.notifications, frame)
		s.signalLocked()
		s.mu.Unlock()
	default:
		if !s.deliver(frame) {
			s.violation("stdout has an answer that nobody asked for: %s", cut(frame.Raw, 300))
		}
	}
}

// deliver gives an answer to the request it belongs to. Each request is
// answered once.
func (s *Session) deliver(frame Frame) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.signalLocked()
	id := string(frame.ID)
	if pending, ok := s.pending[id]; ok {
		delete(s.pending, id)
		pending.frame <- frame
		return true
	}
	switch {
	case s.rawIDs[id] > 0:
		s.rawIDs[id]--
	case id == "null" && s.rawNulls > 0:
		s.rawNulls--
	default:
		return false
	}
	s.frames = append(s.frames, frame)
	return true
}

// answer answers what the server asks the client.
func (s *Session) answer(frame Frame) {
	result, failure := s.ask(frame)
	reply := map[string]any{"jsonrpc": "2.0", "id": frame.ID}
	if failure != nil {
		reply["error"] = failure
	} else {
		reply["result"] = result
	}
	data, err := json.Marshal(reply)
	if err != nil {
		s.errorf("the test's answer to %s cannot be encoded: %v", frame.Method, err)
		return
	}
	// A server that leaves meanwhile needs no answer.
	_ = s.write(append(data, '\n'))
}

// ask has the test answer, and holds the server to what the client said it can
// do.
func (s *Session) ask(frame Frame) (any, *RPCError) {
	s.mu.Lock()
	s.asked = append(s.asked, frame)
	s.signalLocked()
	s.mu.Unlock()
	needed := map[string]string{
		"elicitation/create": "elicitation", "roots/list": "roots", "sampling/createMessage": "sampling",
	}[frame.Method]
	if _, declared := s.options.Capabilities[needed]; needed != "" && !declared {
		s.violation("the server sent %s to a client that did not declare %s", frame.Method, needed)
	}
	return s.options.Answer(frame.Method, frame.Params)
}

func (s *Session) violation(format string, args ...any) {
	s.mu.Lock()
	s.violations++
	n := s.violations
	s.mu.Unlock()
	switch {
	case n <= maxViolations:
		s.errorf(format, args...)
	case n == maxViolations+1:
		s.errorf("more of this follows; only the first %d are shown", maxViolations)
	}
}

// signalLocked wakes every await. The lock is held.
func (s *Session) signalLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}
