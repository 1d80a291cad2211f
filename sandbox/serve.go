package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// shutdownGrace is how long stop waits for requests that are being answered.
const shutdownGrace = 500 * time.Millisecond

// Serve answers on a loopback address such as "127.0.0.1:0", and refuses every
// other: the sandbox's keys are published. It returns the URL to reach it at
// and stop, which ends the requests that wait, gives the others half a second,
// and may be called more than once. The end of ctx stops it too. The data is
// kept; Close ends that.
func (s *Sandbox) Serve(ctx context.Context, addr string) (address string, stop func() error, err error) {
	if err := onLoopback(addr); err != nil {
		return "", nil, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fmt.Errorf("starting the sandbox: %w", err)
	}
	waiting, endWaiting := context.WithCancel(context.WithoutCancel(ctx))
	server := &http.Server{
		Handler:           loopbackOnly(s),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return waiting },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	stop = sync.OnceValue(func() error {
		endWaiting()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		err := server.Shutdown(grace)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	})
	context.AfterFunc(ctx, func() { _ = stop() }) // whoever wants the error calls stop
	return "http://" + listener.Addr().String(), stop, nil
}

// loopbackOnly turns away whoever calls the sandbox by another name than that of
// this machine: a page elsewhere that lets its name lead here could read it all.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback((&url.URL{Host: r.Host}).Hostname()) {
			http.Error(w, "The sandbox is at 127.0.0.1, ::1 or localhost, and at no other name.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// onLoopback refuses an address that others could reach.
func onLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the sandbox needs an address such as 127.0.0.1:8010: %w", err)
	}
	if isLoopback(host) {
		return nil
	}
	return fmt.Errorf("the sandbox serves only this machine, and %q is not a loopback address: use 127.0.0.1, ::1 or localhost", addr)
}
