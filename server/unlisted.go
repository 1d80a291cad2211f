package server

import (
	"context"
	"slices"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"
)

// unlistedTime is how long a list of tools waits to be told what to leave out.
const unlistedTime = 3 * time.Second

// withoutUnlisted takes tools out of a list that is about to be sent. The
// library's own filter would also answer their calls, in words that say nothing.
func withoutUnlisted(unlisted func(context.Context) []string) mcpserver.OnAfterListToolsFunc {
	return func(ctx context.Context, _ any, _ *mcp.ListToolsRequest, result *mcp.ListToolsResult) {
		ctx, cancel := context.WithTimeout(ctx, unlistedTime)
		defer cancel()
		names := unlisted(ctx)
		listed := make([]mcp.Tool, 0, len(result.Tools))
		for _, tool := range result.Tools {
			if !slices.Contains(names, tool.Name) {
				listed = append(listed, tool)
			}
		}
		result.Tools = listed
	}
}
