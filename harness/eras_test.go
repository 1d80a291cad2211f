package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func inEachEra(t *testing.T, test func(t *testing.T, era Era)) {
	t.Helper()
	for _, era := range Eras() {
		t.Run(era.String(), func(t *testing.T) {
			t.Parallel()
			test(t, era)
		})
	}
}

func TestAServerSaysWhatItIsInEachEra(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		s := Start(t, self(t, "mcp", Options{Era: era}))
		hello := s.Hello()
		if hello.Name != "fake" || hello.Version != "0.1.0" || hello.ProtocolVersion != era.String() ||
			hello.Instructions != "Only a fake." || hello.Capabilities["tools"] == nil {
			t.Errorf("hello: %+v", hello)
		}
	})
}

func TestToolsAreListedAndCalledInEachEra(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		s := Start(t, self(t, "mcp", Options{Era: era}))
		if tools := s.Tools(); len(tools) != 5 || tools[0].Name != "ask" || tools[0].Description != "A fake tool." {
			t.Errorf("tools: %+v", tools)
		}
		var echoed struct{ Name string }
		s.Call("echo", map[string]string{"name": "Şükrü \"\n"}).Decode(t, &echoed)
		if echoed.Name != "Şükrü \"\n" {
			t.Errorf("echoed %q", echoed.Name)
		}
		failed := s.Call("fail", nil)
		var explained struct{ Error string }
		if failed.Decode(t, &explained); !failed.IsError || explained.Error != "it failed" {
			t.Errorf("failed: %+v", failed)
		}
		if _, failure := s.Request("tools/call", map[string]string{"name": "nonsense"}); failure == nil || failure.Code != -32602 {
			t.Errorf("an unknown tool: %v", failure)
		}
	})
}

func TestAllOfStdoutCanBeKept(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		var stdout bytes.Buffer
		s := Start(t, self(t, "mcp", Options{Era: era, Stdout: &stdout}))
		result := s.Call("echo", map[string]string{"name": "kept"})
		s.Close()
		if !bytes.Contains(stdout.Bytes(), result.Raw) || !bytes.HasSuffix(stdout.Bytes(), []byte("}\n")) {
			t.Errorf("kept %s", stdout.Bytes())
		}
	})
}

func TestTheClientIsAskedInEachEra(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		s := Start(t, self(t, "mcp", Options{
			Era: era, Capabilities: map[string]any{"elicitation": map[string]any{}},
			Answer: func(method string, params json.RawMessage) (any, *RPCError) {
				var question struct{ Message string }
				if json.Unmarshal(params, &question) != nil || question.Message != "Sure?" {
					t.Errorf("asked %s", params)
				}
				return map[string]any{"action": "accept", "content": map[string]any{}}, nil
			},
		}))
		if result := s.Call("ask", nil); result.Text != "accept sealed" {
			t.Errorf("the answer did not arrive: %s", result.Raw)
		}
		if asked := s.Asked(); len(asked) != 1 || asked[0].Method != "elicitation/create" {
			t.Errorf("asked: %v", asked)
		}
	})
}

func TestAQuestionThatTheClientDidNotOfferToAnswerFailsTheTest(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		told, _ := played(t, func(tb testing.TB) {
			s := Start(tb, self(t, "mcp", Options{Era: era}))
			if result := s.Call("ask", nil); result.Text != "decline sealed" {
				t.Errorf("not declined: %s", result.Raw)
			}
		})
		mustSay(t, told, "elicitation/create", "did not declare elicitation")
	})
}

func TestNotificationsAreCollected(t *testing.T) {
	t.Parallel()
	s := Start(t, self(t, "mcp", Options{}))
	s.Call("notify", nil)
	if frame := s.AwaitNotification("notifications/progress"); string(frame.Params) == "" {
		t.Error("without params")
	}
	if left := s.Notifications(); len(left) != 0 {
		t.Errorf("taken twice: %v", left)
	}
}

func TestManyCallsRunSideBySide(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		s := Start(t, self(t, "mcp", Options{Era: era}))
		var calls []*Pending
		for i := range 200 {
			calls = append(calls, s.BeginCall("echo", map[string]int{"i": i}))
		}
		for i, call := range calls {
			if got := string(call.Result().Structured); got != fmt.Sprintf(`{"i":%d}`, i) {
				t.Fatalf("call %d was answered with %s", i, got)
			}
		}
		if n := s.InFlight(); n != 0 {
			t.Errorf("%d in flight after all were answered", n)
		}
	})
}

func TestACancelledCallEnds(t *testing.T) {
	t.Parallel()
	inEachEra(t, func(t *testing.T, era Era) {
		s := Start(t, self(t, "mcp", Options{Era: era}))
		call := s.BeginCall("wait", nil)
		eventually(t, func() bool { return s.Stderr() != "" })
		if s.InFlight() != 1 {
			t.Errorf("%d in flight", s.InFlight())
		}
		call.Cancel()
		if result := call.Result(); result.Text != "cancelled" {
			t.Errorf("ended with %s", result.Raw)
		}
	})
}

func TestASignalEndsTheServer(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM to send")
	}
	s := Start(t, self(t, "mcp", Options{}))
	s.Call("echo", nil)
	s.Signal(syscall.SIGTERM)
	if code := s.Wait(); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, s.Stderr())
	}
}

func TestClosedStdinEndsTheServer(t *testing.T) {
	t.Parallel()
	s := Start(t, self(t, "mcp", Options{}))
	s.CloseStdin()
	if code := s.Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestRawLinesAreAnsweredThroughNextFrame(t *testing.T) {
	t.Parallel()
	s := Start(t, self(t, "mcp", Options{NoHandshake: true}))
	s.SendRaw([]byte("{\n"))
	if frame := s.NextFrame(); frame.Error == nil || frame.Error.Code != -32700 || string(frame.ID) != "null" {
		t.Errorf("half an object: %s", frame.Raw)
	}
	s.SendRaw([]byte(`{"jsonrpc":"2.0","id":"a b","method":"pi`))
	s.SendRaw([]byte("ng\"}\n"))
	if frame := s.NextFrame(); string(frame.ID) != `"a b"` || frame.Error != nil {
		t.Errorf("a line in two parts: %s", frame.Raw)
	}
	s.SendRaw([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}` + "\n"))
	s.SendRaw([]byte(`{"jsonrpc":"2.0","id":7,"method":"nonsense"}` + "\n"))
	if frame := s.NextFrame(); string(frame.ID) != "7" || frame.Error == nil || frame.Error.Code != -32601 {
		t.Errorf("an unknown method: %s", frame.Raw)
	}
}

// eventually polls until the condition holds.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(DefaultTimeout)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatal("it never came to be")
		}
		time.Sleep(time.Millisecond)
	}
}
