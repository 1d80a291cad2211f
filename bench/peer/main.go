// Command peer is the least that an MCP server on this project's protocol
// library can be: as many tools as it is told to have, each with small schemas
// and a handler that does nothing, served by the library itself. What it costs
// is what the library costs.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

const (
	input  = `{"type":"object","properties":{"name":{"type":"string","description":"Whom to greet."}},"required":["name"],"additionalProperties":false}`
	output = `{"type":"object","properties":{"greeting":{"type":"string"}},"required":["greeting"],"additionalProperties":false}`
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

// serve takes the number of tools as its only argument.
func serve(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the number of tools, not %d", len(args))
	}
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("the number of tools: %w", err)
	}
	s := server.NewMCPServer("peer", "1.0.0", server.WithToolCapabilities(false))
	for i := range count {
		tool := mcp.NewToolWithRawSchema(fmt.Sprintf("hello-%02d", i+1), "Say hello to somebody.", json.RawMessage(input))
		tool.RawOutputSchema = json.RawMessage(output)
		s.AddTool(tool, hello)
	}
	return server.ServeStdio(s)
}

func hello(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	return mcp.NewToolResultStructured(map[string]string{"greeting": "hello"}, `{"greeting":"hello"}`), nil
}
