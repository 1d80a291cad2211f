// Package assistants knows the programs that start MCP servers on a person's
// machine: where each keeps its configuration file, in which form, and how an
// entry in it looks. It reads these files, and puts an entry in or takes it out
// without touching a byte around it. What the entry says is the caller's.
package assistants

// Client is one program that starts MCP servers: a row of the table.
type Client struct {
	// Name is what a user types, such as "claude-desktop".
	Name string
	// Title is what the program calls itself.
	Title string
	// Next is what a user does once the entry is written, as a sentence.
	Next string
	// Reference is how a variable's value in an entry names a variable that the
	// client itself fills in, up to the name: "${" or "${env:"; "" for not at all.
	Reference string

	places    places
	signs     []string // files or folders that say it is on the machine; nil: its file's folder
	form      form
	container string // the key of the object that holds the servers
	shape     shape
	processes []string // names of its processes: claude is another program than Claude
}

// Clients returns every client that is known, in the order in which they are
// shown. The sources are the clients' own documentation and code.
func Clients() []Client {
	return []Client{
		{Name: "claude-desktop", Title: "Claude Desktop", Next: "Quit Claude Desktop and start it again; closing its window is not enough.",
			// The Windows installer is a package since February 2026. Windows shows
			// a packaged program its own copy of %APPDATA%.
			places: places{
				linux:   []string{"{XDG_CONFIG_HOME or ~/.config}/Claude/claude_desktop_config.json"},
				mac:     []string{"~/Library/Application Support/Claude/claude_desktop_config.json"},
				windows: []string{"{LOCALAPPDATA or ~/AppData/Local}/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json", "{APPDATA or ~/AppData/Roaming}/Claude/claude_desktop_config.json"},
			},
			form: plainJSON, container: "mcpServers", shape: usual(),
			// On Windows both it and Claude Code are claude.exe, and a name is all there is.
			processes: []string{"Claude", "claude-desktop"}},
		{Name: "claude-code", Title: "Claude Code", Reference: "${", Next: "Start a new session of Claude Code; /mcp shows the server.",
			places: everywhere("{CLAUDE_CONFIG_DIR or ~}/.claude.json"), signs: []string{"{CLAUDE_CONFIG_DIR or ~/.claude}"},
			form: plainJSON, container: "mcpServers", shape: usual().typed("stdio")},
		{Name: "cursor", Title: "Cursor", Reference: "${env:", Next: "Open Cursor's settings, Tools & MCP, and see that the server is switched on; restart Cursor if it is not listed.",
			places: everywhere("~/.cursor/mcp.json"),
			form:   commentedJSON, container: "mcpServers", shape: usual(), processes: []string{"Cursor", "Cursor.exe", "cursor"}},
		{Name: "vscode", Title: "VS Code", Reference: "${env:", Next: "Run \"MCP: List Servers\" from VS Code's command palette and start the server.",
			places: below("Code/User/mcp.json"),
			form:   commentedJSON, container: "servers", shape: usual().typed("stdio"), processes: []string{"Code", "Code.exe", "code"}},
		{Name: "vscode-insiders", Title: "VS Code Insiders", Reference: "${env:", Next: "Run \"MCP: List Servers\" from VS Code's command palette and start the server.",
			places: below("Code - Insiders/User/mcp.json"),
			form:   commentedJSON, container: "servers", shape: usual().typed("stdio"), processes: []string{"Code - Insiders", "Code - Insiders.exe", "code-insiders"}},
		{Name: "windsurf", Title: "Windsurf", Reference: "${env:", Next: "Press refresh in Windsurf's list of MCP servers, or restart Windsurf.",
			places: everywhere("~/.codeium/windsurf/mcp_config.json"),
			form:   commentedJSON, container: "mcpServers", shape: usual(), processes: []string{"Windsurf", "Windsurf.exe", "windsurf"}},
		{Name: "zed", Title: "Zed", Next: "Zed takes it up at once; its agent panel's settings list the server.",
			// Zed on macOS keeps its settings in ~/.config, whatever XDG_CONFIG_HOME says.
			places: places{
				linux:   []string{"{XDG_CONFIG_HOME or ~/.config}/zed/settings.json"},
				mac:     []string{"~/.config/zed/settings.json"},
				windows: []string{"{APPDATA or ~/AppData/Roaming}/Zed/settings.json"},
			},
			form: commentedJSON, container: "context_servers", shape: usual()},
		{Name: "codex", Title: "Codex", Next: "Start a new session of Codex; /mcp shows the server.",
			places: everywhere("{CODEX_HOME or ~/.codex}/config.toml"),
			form:   tomlForm{}, container: "mcp_servers", shape: usual()},
		{Name: "gemini-cli", Title: "Gemini CLI", Reference: "${", Next: "Start Gemini CLI again; /mcp shows the server.",
			// Another program keeps its files in .gemini too, so the folder says nothing.
			places: everywhere("{GEMINI_CLI_HOME or ~}/.gemini/settings.json"), signs: []string{"{GEMINI_CLI_HOME or ~}/.gemini/settings.json"},
			form: commentedJSON, container: "mcpServers", shape: usual()},
		{Name: "copilot-cli", Title: "GitHub Copilot CLI", Next: "Start Copilot CLI again; /mcp show lists the server.",
			places: everywhere("{COPILOT_HOME or ~/.copilot}/mcp-config.json"),
			form:   commentedJSON, container: "mcpServers", shape: usual().typed("local").with(field{"tools", list{"*"}})},
		{Name: "kiro", Title: "Kiro", Next: "Kiro connects when the file changes; its MCP panel lists the server.",
			places: everywhere("~/.kiro/settings/mcp.json"), signs: []string{"~/.kiro"},
			form: commentedJSON, container: "mcpServers", shape: usual()},
		{Name: "lm-studio", Title: "LM Studio", Next: "Switch the server on in LM Studio's Program tab; restart LM Studio if it is not listed.",
			// Older installations keep everything in the cache folder.
			places: everywhere("~/.cache/lm-studio/mcp.json", "~/.lmstudio/mcp.json"),
			form:   commentedJSON, container: "mcpServers", shape: usual(), processes: []string{"LM Studio", "LM Studio.exe", "lm-studio"}},
		{Name: "opencode", Title: "OpenCode", Next: "Start OpenCode again.",
			places: everywhere("{XDG_CONFIG_HOME or ~/.config}/opencode/opencode.jsonc", "{XDG_CONFIG_HOME or ~/.config}/opencode/opencode.json"),
			form:   commentedJSON, container: "mcp",
			shape: shape{kind: "local", command: "command", env: "environment", extra: []field{{"enabled", flag(true)}}}},
	}
}

// Container is the key under which the client's file has its servers.
func (c Client) Container() string { return c.container }

// everywhere are places that are the same on all systems.
func everywhere(files ...string) places { return places{linux: files, mac: files, windows: files} }

// below is a file in the folder where desktop programs keep their settings.
func below(file string) places {
	return places{
		linux:   []string{"{XDG_CONFIG_HOME or ~/.config}/" + file},
		mac:     []string{"~/Library/Application Support/" + file},
		windows: []string{"{APPDATA or ~/AppData/Roaming}/" + file},
	}
}

// Named finds a client by its name.
func Named(name string) (Client, bool) {
	for _, client := range Clients() {
		if client.Name == name {
			return client, true
		}
	}
	return Client{}, false
}
