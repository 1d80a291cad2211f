package harness

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Proxy stands between a client and an API, on loopback, and spoils the writes
// that it is told to; a write is any request but a GET or a HEAD. All the rest
// it passes on as it came. It takes connections of its own, so that it can do
// to them what no well-behaved server does. It is safe for concurrent use.
type Proxy struct {
	URL string // what the client is given as the API's address, without a closing slash

	tb        testing.TB
	upstream  *url.URL
	transport *http.Transport
	ctx       context.Context // ends with the test
	serving   sync.WaitGroup  // what takes and serves connections
	gate      gate

	mu     sync.Mutex
	rules  []spoiling
	writes []ProxyWrite
	conns  map[*proxyConn]struct{}
}

// ProxyWrite is one write that arrived at a proxy.
type ProxyWrite struct {
	Method   string
	Path     string     // decoded, without the query
	Fault    ProxyFault // what it met; empty for none
	PassedOn bool       // it went on to the API
	Status   int        // of the API's answer, even if the client never got it; 0 when there is none, or not yet
}

// Which says which writes a fault meets. The zero value is the next one.
type Which struct {
	Times        int    // how many it meets: 0 is one, below 0 is all of them
	Skip         int    // how many that fit go by before, whatever else they meet
	Method       string // empty is any
	PathContains string // part of the decoded path; empty is any
}

// spoiling is a fault that waits for its writes.
type spoiling struct {
	fault ProxyFault
	which Which
}

// NewProxy starts a proxy before the API at an address such as Stage.URL, and
// ends it with the test. Requests that hang at the end are cut off.
func NewProxy(tb testing.TB, upstream string) *Proxy {
	tb.Helper()
	target, err := url.Parse(upstream)
	if err != nil || target.Host == "" {
		tb.Fatalf("harness: %q is no address to put a proxy before: %v", upstream, err)
	}
	ctx, end := context.WithCancel(context.Background())
	p := &Proxy{
		tb: tb, upstream: target, ctx: ctx, conns: map[*proxyConn]struct{}{},
		// Each request has a connection of its own: net/http may send a request
		// again when a kept one fails, and here that would be a doubled write.
		transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	}
	tb.Cleanup(func() {
		p.closeGate()
		end()
		p.mu.Lock()
		for c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.serving.Wait()
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("harness: start the proxy: %v", err)
	}
	p.gate.addr = listener.Addr().String()
	p.URL = "http://" + p.gate.addr
	p.open(listener)
	return p
}

// Spoil has the next writes meet a fault: as many as times says, below 0 all of
// them. It adds to what was asked for before; a write meets the first fault
// that waits for it, but refusing comes before everything else.
func (p *Proxy) Spoil(fault ProxyFault, times int) {
	p.tb.Helper()
	p.SpoilThose(fault, Which{Times: times})
}

// SpoilThose is Spoil for some of the writes. A connection is refused before
// anybody knows what it is for, so FaultRefused takes no method and no path.
func (p *Proxy) SpoilThose(fault ProxyFault, which Which) {
	p.tb.Helper()
	if !slices.Contains(ProxyFaults(), fault) {
		p.tb.Errorf("harness: the proxy knows no fault %q, only %q", fault, ProxyFaults())
		return
	}
	if fault == FaultRefused && which.Method+which.PathContains != "" {
		p.tb.Errorf("harness: a connection is refused before its request is known: use Skip rather than %+v", which)
		return
	}
	if which.Times == 0 {
		which.Times = 1
	}
	p.mu.Lock()
	p.rules = append(p.rules, spoiling{fault, which})
	p.mu.Unlock()
	p.moveGate()
}

// Heal ends all faults: the writes to come are passed on, and connections are
// taken again. A request that hangs already goes on hanging.
func (p *Proxy) Heal() {
	p.mu.Lock()
	p.rules = nil
	p.mu.Unlock()
	p.moveGate()
}

// Writes returns the writes that arrived so far, in the order of their arrival.
// A write whose connection was refused did not; see Refused.
func (p *Proxy) Writes() []ProxyWrite {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.writes)
}

// arrived records a write and returns its place in the records and its fault.
func (p *Proxy) arrived(request *http.Request) (place int, fault ProxyFault) {
	p.mu.Lock()
	if p.countRefusal() {
		fault = FaultResetBefore // it came over a connection that was there already
	}
	for i := range p.rules {
		rule := &p.rules[i]
		switch which := &rule.which; {
		case which.Method != "" && which.Method != request.Method, !strings.Contains(request.URL.Path, which.PathContains):
		case which.Skip > 0:
			which.Skip--
		case rule.fault != FaultRefused && which.Times != 0 && fault == "":
			fault = rule.fault
			which.Times--
		}
	}
	place = len(p.writes)
	p.writes = append(p.writes, ProxyWrite{Method: request.Method, Path: request.URL.Path, Fault: fault})
	p.mu.Unlock()
	// Before this write is answered, so that the next one cannot come first.
	p.moveGate()
	return place, fault
}

func (p *Proxy) record(place int, change func(w *ProxyWrite)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.writes[place])
}

// serve answers the requests of one connection.
func (p *Proxy) serve(c *proxyConn) {
	defer p.left(c)
	reader := bufio.NewReader(c)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		goesOn := false
		if request.Method == http.MethodGet || request.Method == http.MethodHead {
			goesOn = p.use(c, reading) && p.passRead(c, request)
		} else {
			goesOn = p.use(c, writing) && p.meetWrite(c, request)
		}
		if !goesOn || request.Close || !p.idle(c) {
			return
		}
	}
}

func (p *Proxy) passRead(c *proxyConn, request *http.Request) (goesOn bool) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return false
	}
	answer, err := p.ask(request, body)
	if err != nil {
		c.reset()
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	answer.Close = request.Close
	return answer.Write(c) == nil
}

func (p *Proxy) meetWrite(c *proxyConn, request *http.Request) (goesOn bool) {
	place, fault := p.arrived(request)
	if fault == FaultResetBefore {
		c.reset()
		return false
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return false
	}
	met := metFault{conn: c, request: request, proxy: p}
	if fault.Does() {
		p.record(place, func(w *ProxyWrite) { w.PassedOn = true })
		met.answer, met.body, err = p.askWholly(request, body)
		if err != nil {
			c.reset() // the API broke off, and so does the proxy
			return false
		}
		p.record(place, func(w *ProxyWrite) { w.Status = met.answer.StatusCode })
	}
	return fault.spoil(met)
}

// ask sends a request on to the API and returns its answer as it comes. An
// answer that breaks off does so for the client as well.
func (p *Proxy) ask(request *http.Request, body []byte) (*http.Response, error) {
	onward := request.Clone(p.ctx)
	onward.RequestURI, onward.Close, onward.TransferEncoding = "", false, nil
	onward.URL.Scheme, onward.URL.Host = p.upstream.Scheme, p.upstream.Host
	onward.Header.Del("Connection")
	onward.Body, onward.ContentLength = http.NoBody, int64(len(body))
	if len(body) > 0 {
		onward.Body = io.NopCloser(bytes.NewReader(body))
	}
	answer, err := p.transport.RoundTrip(onward)
	if err != nil {
		return nil, fmt.Errorf("pass %s %s on: %w", request.Method, request.URL.Path, err)
	}
	answer.Header.Del("Connection") // it is about the connection to the API
	return answer, nil
}

// askWholly is ask for an answer that ends.
func (p *Proxy) askWholly(request *http.Request, body []byte) (*http.Response, []byte, error) {
	answer, err := p.ask(request, body)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxProxied))
	if err != nil {
		return nil, nil, fmt.Errorf("read the answer to %s %s: %w", request.Method, request.URL.Path, err)
	}
	return answer, text, nil
}

// maxProxied is how much of an answer to a write is read, in bytes, and how long
// an endless one gets.
const maxProxied = 64 << 20
