package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// startRatio is how many times the peer's time ours may take.
const startRatio = 1.3

// measureStart measures how long a client waits for the tools of a server that
// it starts: from the start of the process until the whole list is there. What
// is compared runs in turn, so that what else the machine does hits all alike.
func (b *bench) measureStart(ctx context.Context) ([]line, error) {
	nobody, err := listenForNobody(ctx)
	if err != nil {
		return nil, err
	}
	defer nobody.close()

	const peer = 0 // its place
	contenders := []struct {
		name string
		program
	}{
		peer: {"peer", b.peer()},
		1:    {"ours, --sandbox", b.server("--sandbox")},
		2:    {"ours, with a host and a key", b.serverAt(nobody.url())},
	}
	openings, err := openings()
	if err != nil {
		return nil, err
	}
	var lines []line
	for _, opening := range openings {
		samples := make([]sample, len(contenders))
		for run := -b.runs.startWarmUp; run < b.runs.start; run++ {
			for i := range contenders {
				i = (i + max(run, 0)) % len(contenders) // nobody always goes first
				took, err := timeStart(ctx, contenders[i].program, opening)
				if err != nil {
					return nil, err
				}
				if run >= 0 {
					samples[i].add(took)
				}
			}
		}
		for i, contender := range contenders {
			even, odd := samples[i].halves()
			verdict := shown(ratio(even.median(), odd.median()), "× itself")
			if i != peer {
				verdict = held(ratio(samples[i].median(), samples[peer].median()), "× peer", atMost, startRatio)
			}
			lines = append(lines, line{
				Group: "start: " + opening.name, Name: contender.name,
				Unit: inMilliseconds, summary: samples[i].summary(), Score: verdict,
			})
		}
	}
	connections := float64(nobody.connections.Load())
	return append(lines, line{
		Group: "start: what the API hears of it", Name: "connections, of all starts together",
		Unit: inRequests, summary: sample{connections}.summary(),
		Score: held(connections, inRequests, atMost, 0),
	}), nil
}

// timeStart starts a program, opens the conversation, and takes the time until
// the last answer. Whether it is the right one is looked at afterwards.
func timeStart(ctx context.Context, program program, opening opening) (time.Duration, error) {
	began := time.Now()
	p, err := start(ctx, program)
	if err != nil {
		return 0, err
	}
	answers, err := p.exchange(opening.text, opening.answers)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if _, err := resultOf(listID, answers); err != nil {
		p.abandon()
		return 0, fmt.Errorf("%s: %w", program.path, err)
	}
	return took, p.end()
}

// nobody is an API at which nobody is expected: it counts who comes.
type nobody struct {
	listener    net.Listener
	connections atomic.Int64
	done        chan struct{}
}

func listenForNobody(ctx context.Context) (*nobody, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &nobody{listener: listener, done: make(chan struct{})}
	go func() {
		defer close(n.done)
		for {
			connection, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				n.connections.Add(1)
				_ = connection.Close()
			}
		}
	}()
	return n, nil
}

func (n *nobody) url() string { return "http://" + n.listener.Addr().String() }

func (n *nobody) close() {
	_ = n.listener.Close()
	<-n.done
}
