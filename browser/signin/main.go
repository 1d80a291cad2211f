// Signin begins a sign-in at a sandbox for the tests in the browser: it prints
// the address to open, then what came of it, and ends when stdin closes.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/signin"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// client is the id of the client in whose name the program signs in.
const client = "https://example.com/client.json"

func run() error {
	name := flag.String("name", "Organization MCP server for PostHog", "what the client calls itself")
	issuer := flag.String("issuer", "", "what the way back names as the issuer; empty is nothing")
	flag.Parse()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	document, err := json.Marshal(map[string]any{"client_id": client, "client_name": *name, "redirect_uris": []string{"http://127.0.0.1/callback"}})
	if err != nil {
		return err
	}
	box := sandbox.New(sandbox.Options{SignIn: sandbox.SignIn{CallbackIssuer: *issuer, Clients: map[string][]byte{client: document}}})
	defer func() { _ = box.Close() }() // nothing in it is kept
	address, stop, err := box.Serve(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if who, err := signIn(ctx, address); err != nil {
			fmt.Println("not signed in:", err)
		} else {
			fmt.Println("signed in as", who)
		}
	}()
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	cancel()
	<-ended
	return stop()
}

// signIn returns whom the token is for.
func signIn(ctx context.Context, address string) (string, error) {
	host, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	server, err := signin.Discover(ctx, host, nil)
	if err != nil {
		return "", err
	}
	token, err := signin.SignIn(ctx, signin.Request{
		Server: server, ClientID: client,
		Scopes: []string{"organization:write", "organization_member:read", "project:read", "user:read"},
		Open:   func(_ context.Context, address string) error { fmt.Println(address); return nil },
	})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/users/@me/", strings.NewReader(""))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token.Access.Reveal())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var me struct {
		Email string `json:"email"`
	}
	err = json.NewDecoder(response.Body).Decode(&me)
	return me.Email, err
}
