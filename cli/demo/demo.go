// Package demo plays an admin's day: it starts the server as desktop clients
// do, one that shows questions and one that cannot, asks for everything that the
// server can do, and after each answer looks at the organization with its own
// eyes.
//
// The day is a table, in day.go. Run is the one loop over it. What was seen is
// told by a story for people, or by lines of JSON for programs.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Options say where the day is played and how it is told.
type Options struct {
	// Server is the program that serves MCP on its standard input and output
	// when it gets no arguments.
	Server string
	// Host is the address of a sandbox on loopback that nobody has changed yet.
	Host string
	// Environ is the caller's environment, as os.Environ gives it. The server
	// gets of it what a desktop client passes on.
	Environ []string
	// Out gets the story; Err what the server said, when something went wrong.
	Out, Err io.Writer
	// JSON asks for one line of JSON a step instead of the story.
	JSON bool
	// Colour and Width are those of the terminal that Out is.
	Colour bool
	Width  int
}

// longestDay bounds the whole demo, and longestCall each call of it.
const (
	longestDay  = time.Minute
	longestCall = 15 * time.Second
)

// A WrongError says that the day was played, and that not all of it came out
// as it should. The story has the details.
type WrongError struct {
	Wrong, Steps int
}

func (e *WrongError) Error() string {
	if e.Wrong == 0 {
		return "the demo's steps came out right, but not its end"
	}
	return fmt.Sprintf("%d of the demo's %d steps went wrong", e.Wrong, e.Steps)
}

// Run plays the day. It returns nil only when every check of every step was
// right, and ends the server whatever happens.
func Run(ctx context.Context, options Options) (err error) {
	ctx, cancel := context.WithTimeout(ctx, longestDay)
	defer cancel()
	// What the servers write is made up: it is none of the user's, and goes.
	folder, err := os.MkdirTemp("", "posthog-org-mcp-demo-")
	if err != nil {
		return fmt.Errorf("the demo needs a temporary folder: %w", err)
	}
	defer func() {
		if gone := os.RemoveAll(folder); gone != nil {
			err = errors.Join(err, fmt.Errorf("the demo's temporary folder is left: %w", gone))
		}
	}()
	hosts, err := startServers(ctx, options, folder)
	if err != nil {
		return stopped(ctx, err)
	}
	player := &player{
		servers: hosts, witness: newWitness(options.Host), teller: newTeller(options),
		heard: heard{}, began: time.Now(),
	}
	err = player.play(ctx)
	if err != nil && ctx.Err() == nil {
		hosts.tell(options.Err)
	}
	return stopped(ctx, err)
}

// stopped words the end that the user, or the clock, put to the demo.
func stopped(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("the demo took longer than %s and was stopped: %w", longestDay, err)
	case ctx.Err() != nil:
		return errors.New("the demo was stopped before its end")
	}
	return err
}

// player is one run of the day.
type player struct {
	servers servers
	witness *witness
	teller  teller
	heard   heard
	before  snapshot
	totals  totals
	began   time.Time
}

// play goes through the day, then ends the server and adds up.
func (p *player) play(ctx context.Context) (err error) {
	ended := false
	defer func() {
		if !ended {
			exit := p.servers.stop()
			if errors.Is(err, errServerGone) {
				err = fmt.Errorf("%w: %s", err, exitOf(exit))
			}
		}
	}()
	if p.before, err = p.witness.look(ctx); err != nil {
		return fmt.Errorf("the sandbox cannot be read: %w", err)
	}
	if err := p.teller.open(p.servers.plain.title); err != nil {
		return err
	}
	for i, step := range day() {
		if err := p.step(ctx, i+1, step); err != nil {
			return err
		}
	}
	ended = true
	return p.close(p.servers.stop())
}

// step asks the server for one thing, looks at what became of it, and tells.
// Its error ends the day; a wrong answer does not.
func (p *player) step(ctx context.Context, number int, step step) error {
	told := report{Number: number, step: step}
	p.totals.Steps++
	arguments, err := p.heard.fill(step)
	if err != nil {
		told.Skipped = err.Error()
		p.totals.Wrong++
		return p.teller.skip(told)
	}
	told.Arguments = arguments
	if err := p.teller.ask(told); err != nil {
		return err
	}
	if told.Answer, err = p.servers.call(ctx, step, arguments); err != nil {
		return fmt.Errorf("step %d, %s, got no answer: %w", number, step.tool, err)
	}
	after, err := p.witness.look(ctx)
	if err != nil {
		return fmt.Errorf("the sandbox cannot be read after step %d: %w", number, err)
	}
	told.Checks = append(p.check(ctx, step, told.Answer), changed(step.changes, p.before.diff(after)))
	p.before = after
	p.totals.add(step.tool, told.Answer)
	if told.right() {
		p.heard[step.name] = told.Answer.value
	} else {
		p.totals.Wrong++
	}
	return p.teller.answer(told)
}

// close checks what can be known at the end only, and tells the totals.
func (p *player) close(exit error) error {
	p.totals.Took = time.Since(p.began)
	p.totals.Checks = []check{
		allUsed(p.servers.plain.tools, day()),
		{Says: "both servers ended by themselves when their input closed", About: "the servers' end", Want: "exit code 0", Got: exitOf(exit)},
	}
	// A step that went wrong may have been the only one of its tool.
	p.totals.Checks[0].quiet = p.totals.Wrong > 0
	if err := p.teller.close(p.totals); err != nil {
		return err
	}
	if !p.totals.right() {
		return &WrongError{Wrong: p.totals.Wrong, Steps: p.totals.Steps}
	}
	return nil
}
