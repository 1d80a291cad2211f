package harness

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"os"
	"slices"
	"sync"
	"time"
)

// Refusing a connection cannot be left to whoever takes connections: the
// listener has to be gone, and then nobody on this side learns of the attempt.
// So the proxy closes its listener and goes on serving the connections that it
// has, as far as they read. A client that keeps connections for reads apart from
// those for writes thus reads on. The connections that wrote are closed, and the
// proxy waits until the client has noticed, so that its next write has to
// connect, and is refused. The listener comes back on the same port when enough
// attempts were seen by a context of Watch, before the client itself learns that
// they failed, or with Heal. A write that comes meanwhile, over a connection
// that was there for reads, is reset instead and counts as refused.

// gate is the listener of a proxy. It moves after every change of the rules.
type gate struct {
	addr string // host:port, the same for every listener

	mu       sync.Mutex // held while the gate moves
	listener *net.TCPListener
	ended    chan struct{} // closed when the listener takes no more connections
	closed   bool

	refused int // guarded by Proxy.mu
}

// How long the gate waits, at most.
const (
	gateDrain = 5 * time.Millisecond // for connections that the system has taken already
	gateLeave = 5 * time.Second      // for a client to notice that a connection was closed
	gatePort  = 5 * time.Second      // for the port to be free again
)

// Watch returns a context whose failed attempts to connect to the proxy are
// counted, reads included, so that FaultRefused meets as many as it was asked
// to. Of a client in another process they cannot be seen; such a client is
// refused until Heal.
func (p *Proxy) Watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		ConnectDone: func(_, addr string, err error) {
			if err != nil && addr == p.gate.addr {
				p.sawRefusal()
			}
		},
	})
}

// Refused returns how many attempts to connect were refused, as far as they
// were watched.
func (p *Proxy) Refused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gate.refused
}

func (p *Proxy) sawRefusal() {
	p.mu.Lock()
	if p.countRefusal() {
		p.gate.refused++
	}
	p.mu.Unlock()
	p.moveGate()
}

// refuses reports whether the next connection is to be refused.
func (p *Proxy) refuses() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.rules, spoiling.refuses)
}

func (s spoiling) refuses() bool {
	return s.fault == FaultRefused && s.which.Skip == 0 && s.which.Times != 0
}

// countRefusal counts one down and reports whether there was one to count. It
// is called with Proxy.mu held.
func (p *Proxy) countRefusal() bool {
	i := slices.IndexFunc(p.rules, spoiling.refuses)
	if i < 0 {
		return false
	}
	p.rules[i].which.Times--
	return true
}

// moveGate opens or shuts the gate as the rules say.
func (p *Proxy) moveGate() {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	switch refuses := p.refuses(); {
	case p.gate.closed:
	case refuses && p.gate.listener != nil:
		p.shut()
	case !refuses && p.gate.listener == nil:
		p.openAgain()
	}
}

// open takes connections from a TCP listener.
func (p *Proxy) open(listener net.Listener) {
	taking, ended := listener.(*net.TCPListener), make(chan struct{})
	p.gate.listener, p.gate.ended = taking, ended
	p.serving.Go(func() { p.take(taking, ended) })
}

func (p *Proxy) take(listener *net.TCPListener, ended chan struct{}) {
	defer close(ended)
	for {
		conn, err := listener.AcceptTCP()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded) {
				p.tb.Errorf("harness: the proxy takes no more connections: %v", err)
			}
			return
		}
		c := &proxyConn{TCPConn: conn, left: make(chan struct{})}
		p.mu.Lock()
		p.conns[c] = struct{}{}
		p.mu.Unlock()
		p.serving.Go(func() { p.serve(c) })
	}
}

// shut closes the listener and the connections for writes that are idle. Those
// that are busy are closed with their answer.
func (p *Proxy) shut() {
	// Closing a listener resets what waits in its queue, which may be reads.
	_ = p.gate.listener.SetDeadline(time.Now().Add(gateDrain))
	<-p.gate.ended
	_ = p.gate.listener.Close()
	p.gate.listener = nil

	var leaving []*proxyConn
	p.mu.Lock()
	for c := range p.conns {
		if c.use == writing && !c.busy {
			c.ending = true
			leaving = append(leaving, c)
			_ = c.CloseWrite()
		}
	}
	p.mu.Unlock()
	patience, end := context.WithTimeout(p.ctx, gateLeave)
	defer end()
	for _, c := range leaving {
		select {
		case <-c.left:
		case <-patience.Done():
			_ = c.Close()
		}
	}
}

// openAgain listens on the port that it listened on before.
func (p *Proxy) openAgain() {
	deadline := time.Now().Add(gatePort)
	for {
		listener, err := net.Listen("tcp", p.gate.addr)
		if err == nil {
			p.open(listener)
			return
		}
		if time.Now().After(deadline) {
			p.tb.Errorf("harness: the proxy cannot listen again: %v", err)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// closeGate ends the listener for good.
func (p *Proxy) closeGate() {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	p.gate.closed = true
	if p.gate.listener != nil {
		_ = p.gate.listener.Close()
		<-p.gate.ended
		p.gate.listener = nil
	}
}

// proxyConn is one connection of a client. What it is used for is guarded by
// Proxy.mu.
type proxyConn struct {
	*net.TCPConn
	use    connUse
	busy   bool          // a request is being answered
	ending bool          // no request is answered any more
	left   chan struct{} // closed when nobody serves it any more
}

// connUse is what the last request on a connection was.
type connUse int

const (
	reading connUse = iota + 1
	writing
)

// reset closes a connection in a way that the client sees as a reset.
func (c *proxyConn) reset() {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// use reports whether a request that came over a connection may be looked at.
func (p *Proxy) use(c *proxyConn, use connUse) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.use, c.busy = use, true
	return !c.ending
}

// idle reports whether a connection whose request was answered may stay.
func (p *Proxy) idle(c *proxyConn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.busy = false
	return c.use != writing || !slices.ContainsFunc(p.rules, spoiling.refuses)
}

// left is called when nobody serves a connection any more.
func (p *Proxy) left(c *proxyConn) {
	_ = c.Close()
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	close(c.left)
}
