// Handover serves one page with a token for the tests in the browser: it prints the
// page's address and ends when stdin closes.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"posthog-org-mcp/handover"
	"posthog-org-mcp/redact"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	lifetime := flag.Duration("lifetime", handover.PageLifetime, "how long the page waits")
	project := flag.String("project", "Acme", "name of the project")
	token := flag.String("token", "", "what is handed over; never a real token")
	flag.Parse()

	pages := handover.NewPages(*lifetime)
	slot, err := pages.Prepare(context.Background(), handover.Label{
		Host: "us.posthog.example", ProjectID: 42, ProjectName: *project,
		SettingsURL: "https://us.posthog.example/project/42/settings",
	})
	if err != nil {
		return err
	}
	receipt, err := slot.Put(redact.NewSecret(*token))
	if err != nil {
		return err
	}
	fmt.Println(receipt.URL)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return pages.Close()
}
