package harness

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n"

// brief is how long the tests of hanging servers wait.
const brief = 300 * time.Millisecond * slowdown

func TestAnyByteOnStdoutThatIsNoFrameFailsTheTest(t *testing.T) {
	t.Parallel()
	const pong = `{"jsonrpc":"2.0","id":1,"result":{}}\n`
	cases := []struct {
		name, output string
		problem      string // "" when it is fine
	}{
		{"one answer", pong, ""},
		{"a notification before it", `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info"}}\n` + pong, ""},
		{"a log line", "starting up\\n" + pong, "no JSON-RPC frame"},
		{"an empty line", `\n` + pong, "no JSON-RPC frame"},
		{"a carriage return", strings.Replace(pong, `\n`, "\r\\n", 1), "no JSON-RPC frame"},
		{"a blank before it", " " + pong, "no JSON-RPC frame"},
		{"two frames on a line", `{"jsonrpc":"2.0","method":"notifications/a"}` + pong, "no JSON-RPC frame"},
		{"an array", `[{"jsonrpc":"2.0","id":1,"result":{}}]\n`, "no JSON-RPC frame"},
		{"half a line at the end", pong + `{"jsonrpc":"2.0","id":1`, "in the middle of a line"},
		{"a frame without its newline", pong + `{"jsonrpc":"2.0","method":"notifications/a"}`, "in the middle of a line"},
		{"bytes that are not UTF-8", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/\xff\"}\\n" + pong, "UTF-8"},
		{"another version", `{"jsonrpc":"1.0","id":1,"result":{}}\n`, `lacks "jsonrpc":"2.0"`},
		{"no version", `{"id":1,"result":{}}\n`, `lacks "jsonrpc":"2.0"`},
		{"an unknown member", `{"jsonrpc":"2.0","id":1,"result":{},"time":1}\n`, `"time"`},
		{"a member twice", `{"jsonrpc":"2.0","id":1,"id":1,"result":{}}\n`, `"id" twice`},
		{"a result and an error", `{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"a"}}\n`, "result or an error"},
		{"neither", `{"jsonrpc":"2.0","id":1}\n`, "result or an error"},
		{"a result that is no object", `{"jsonrpc":"2.0","id":1,"result":"pong"}\n`, "result is not an object"},
		{"an error that is no object", `{"jsonrpc":"2.0","id":1,"error":"no"}\n`, "lacks a whole code"},
		{"an error without a message", `{"jsonrpc":"2.0","id":1,"error":{"code":1}}\n`, "lacks a whole code"},
		{"an error with half a code", `{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"a"}}\n`, "lacks a whole code"},
		{"params that are no object", `{"jsonrpc":"2.0","method":"notifications/a","params":[1]}\n` + pong, "params are not an object"},
		{"a request under null", `{"jsonrpc":"2.0","id":null,"method":"ping"}\n` + pong, "id null"},
		{"an id that is an object", `{"jsonrpc":"2.0","id":{},"result":{}}\n`, "neither a string nor a number"},
		{"an id that nobody used", pong + `{"jsonrpc":"2.0","id":2,"result":{}}\n`, "nobody asked for"},
		{"an answer given twice", pong + pong, "nobody asked for"},
		{"an id of another type", pong + `{"jsonrpc":"2.0","id":"1","result":{}}\n`, "nobody asked for"},
		{"an error for no id", pong + `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a"}}\n`, "nobody asked for"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			told, logged := played(t, func(tb testing.TB) {
				s := Start(tb, scripted(t, 0, c.output))
				s.SendRaw([]byte(ping))
				s.Wait()
			})
			if c.problem == "" {
				mustSay(t, told)
				mustSay(t, logged)
				return
			}
			mustSay(t, told, c.problem)
			mustSay(t, logged, "the script is over") // stderr goes with every failure
		})
	}
}

func TestAFloodOfBadLinesIsCut(t *testing.T) {
	t.Parallel()
	told, _ := played(t, func(tb testing.TB) {
		s := Start(tb, scripted(t, 0, strings.Repeat(`oops\n`, 500)))
		s.SendRaw([]byte(ping))
		s.Wait()
	})
	mustSay(t, told, "line 5 ", "more of this follows")
	if strings.Contains(told, "line 6 ") {
		t.Error("not cut")
	}
}

func TestAServerThatHangsFailsTheTestInTime(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, role string
		test       func(s *Session)
		problem    []string
	}{
		{"an answer that never comes", "mcp", func(s *Session) { s.Call("wait", nil) },
			[]string{"tools/call (id 2): no answer in time", "the server runs"}},
		{"a frame that never comes", "mcp", func(s *Session) { s.NextFrame() }, []string{"no frame came"}},
		{"a notification that never comes", "mcp", func(s *Session) { s.AwaitNotification("notifications/a") }, []string{"no notifications/a"}},
		{"an exit that never comes", "mcp", func(s *Session) { s.Wait() }, []string{"still running"}},
		{"a server that stays when its client leaves", "stubborn", func(*Session) {}, []string{"still running", "was killed"}},
		{"a server that does not read", "deaf", func(s *Session) { s.SendRaw([]byte(strings.Repeat(ping, 1<<16))) },
			[]string{"does not read its stdin", "was killed"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var s *Session
			told, _ := played(t, func(tb testing.TB) {
				// The handshake gets the whole time: only what follows is to hang.
				s = Start(tb, self(t, c.role, Options{NoHandshake: c.role != "mcp"}))
				s.options.Timeout = brief
				c.test(s)
			})
			mustSay(t, told, c.problem...)
			if !s.child.waitExit(0) {
				t.Errorf("process %d is left behind", s.PID())
			}
		})
	}
}

func TestAServerThatExitsEarlyFailsTheTestAtOnce(t *testing.T) {
	t.Parallel()
	told, logged := played(t, func(tb testing.TB) {
		options := scripted(t, 2, "")
		options.NoHandshake = false
		Start(tb, options)
		t.Error("it said hello")
	})
	mustSay(t, told, "initialize", "left without an answer", "exited with 2")
	mustSay(t, logged, "the script is over")
}

func TestAnExitCodeThatNobodyLooksAtFailsTheTest(t *testing.T) {
	t.Parallel()
	play := func(look bool) string {
		told, _ := played(t, func(tb testing.TB) {
			s := Start(tb, scripted(t, 3, `{"jsonrpc":"2.0","id":1,"result":{}}\n`))
			s.SendRaw([]byte(ping))
			s.NextFrame()
			if look {
				if code := s.Wait(); code != 3 {
					t.Errorf("exit code %d", code)
				}
			}
		})
		return told
	}
	mustSay(t, play(true))
	mustSay(t, play(false), "exited with 3")
}

func TestAnAnswerThatMayNotComeCanBeAskedFor(t *testing.T) {
	t.Parallel()
	s := Start(t, scripted(t, 0, `{"jsonrpc":"2.0","id":1,"result":{}}\n`))
	first, second := s.Begin("ping", nil), s.Begin("ping", nil)
	if _, failure, err := first.TryWait(); failure != nil || err != nil {
		t.Errorf("the first: %v, %v", failure, err)
	}
	if _, _, err := second.TryWait(); !errors.Is(err, ErrGone) {
		t.Errorf("the second: %v", err)
	}
}

func TestAProcessLeftBehindFailsTheTest(t *testing.T) {
	t.Parallel()
	var left string
	told, logged := played(t, func(tb testing.TB) {
		s := Start(tb, self(t, "parent", Options{NoHandshake: true}))
		s.Wait()
		left = strings.TrimPrefix(strings.TrimSpace(s.Stderr()), "left ")
	})
	mustSay(t, told, "left behind", "stdout", "stderr")
	mustSay(t, logged, "left ")
	endProcess(t, left)
}

func TestTheChildsEnvironmentIsCleanAndItsOwn(t *testing.T) {
	t.Setenv("POSTHOG_PERSONAL_API_KEY", "the developer's own")
	options := self(t, "print", Options{})
	output := Run(t, Command{Binary: options.Binary, Env: options.Env, Stdin: "to stderr"})
	if output.ExitCode != 3 || output.Stderr != "to stderr" {
		t.Errorf("output: %+v", output)
	}
	mustSay(t, output.Stdout, "PATH=", "HOME=", "XDG_CONFIG_HOME=", "TMPDIR=", servesAs+"=print")
	if strings.Contains(output.Stdout, "POSTHOG") || strings.Contains(output.Stdout, "HOME="+os.Getenv("HOME")+"\n") {
		t.Errorf("the developer's settings reach the child:\n%s", output.Stdout)
	}
}

func TestACommandThatDoesNotEndFailsTheTest(t *testing.T) {
	t.Parallel()
	options := self(t, "deaf", Options{})
	told, _ := played(t, func(tb testing.TB) {
		Run(tb, Command{Binary: options.Binary, Env: options.Env, Timeout: brief})
	})
	mustSay(t, told, "did not end")
}

func TestOnlyTheEndOfALongStderrIsKept(t *testing.T) {
	t.Parallel()
	kept := &tail{limit: 100}
	for range 1000 {
		_, _ = kept.Write([]byte("0123456789"))
	}
	text := kept.last(20)
	mustSay(t, text, "(9980 bytes before)", "01234567890123456789")
	if len(kept.data) > 200 {
		t.Errorf("%d bytes are kept", len(kept.data))
	}
}
