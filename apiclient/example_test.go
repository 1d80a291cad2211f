package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"net/url"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
)

// Making a role, meeting a refusal, and reading a list with few fields.
func Example() {
	server := httptest.NewServer(sandbox.New(sandbox.Options{}))
	defer server.Close()
	host, err := url.Parse(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	client, err := apiclient.New(apiclient.Config{
		Host: host, Key: redact.NewSecret(sandbox.AdminKey), UserAgent: "posthog-org-mcp/1.0.0",
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	role, err := client.CreateRole(ctx, apiclient.CurrentOrganization, apiclient.RoleCreate{Name: "On call"})
	fmt.Println(role.Name, err)

	_, err = client.CreateRole(ctx, apiclient.CurrentOrganization, apiclient.RoleCreate{Name: "on CALL"})
	fmt.Println(errors.Is(err, apiclient.ErrConflict), err)

	type short struct {
		ID   apiclient.RoleID `json:"id"`
		Name string           `json:"name"`
	}
	rows, err := apiclient.As[short](client.Reader().Roles(apiclient.CurrentOrganization)).Rows(ctx, 2, 0)
	fmt.Println(rows.Total, rows.Results[0].Name, rows.Results[1].Name, *rows.NextOffset, err)
	// Output:
	// On call <nil>
	// true POST roles/: 400 unique: There is already a role with this name. (name)
	// 7 Engineering Support 2 <nil>
}
