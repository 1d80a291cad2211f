package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
	"posthog-org-mcp/tools"
)

// settingChoices are the words that a setting takes, or some that it takes among
// others. Shells offer them; config alone decides.
func settingChoices() map[string][]string {
	return map[string][]string{
		"host":           {"us", "eu"},
		"organization":   {"@current"},
		"confirm":        {string(config.ConfirmAsk), string(config.ConfirmPreview), string(config.ConfirmNever)},
		"output-schemas": {"on", "off"},
		"secrets-to":     {string(config.SecretsToFile), string(config.SecretsToPage)},
		"log-level":      {"debug", "info", "warn", "error"},
		"log-format":     {string(config.LogText), string(config.LogJSON)},
	}
}

// withCompletion has every command complete what can stand in it, as shells ask
// for it. All of it comes from the program itself: nothing is read or sent.
func withCompletion(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	visitCommands(root, func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(flag)
			flag.Usage = usage // a shell shows it as it is
			if complete := completionOf(flag, value); complete != nil {
				// The only error is that of a flag which has a completion already.
				_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete)
			}
		})
	})
}

func visitCommands(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, child := range cmd.Commands() {
		visitCommands(child, visit)
	}
}

// completionOf is how a flag is completed, whose value help calls so; nil where
// nobody knows.
func completionOf(flag *pflag.Flag, value string) cobra.CompletionFunc {
	if own, ok := flag.Value.(argumentFlag); ok {
		return words(own.asArgument().field.Choices(), cobra.ShellCompDirectiveNoFileComp)
	}
	if choices := settingChoices()[flag.Name]; choices != nil {
		return words(choices, cobra.ShellCompDirectiveNoFileComp)
	}
	switch flag.Name {
	case "tools", "exclude-tools":
		return completeToolWords
	case "tool":
		return completeToolName
	}
	switch value {
	case "FILE":
		return words(nil, cobra.ShellCompDirectiveDefault)
	case "FOLDER":
		return words(nil, cobra.ShellCompDirectiveFilterDirs)
	case "PATH|off":
		return words([]string{"off"}, cobra.ShellCompDirectiveDefault)
	}
	return nil
}

// words completes one of a few words.
func words(choices []string, directive cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return beginning(choices, typed), directive
	}
}

// beginning are the words that begin with what was typed. Shells look for
// themselves; whoever asks without one does not.
func beginning(words []string, typed string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !strings.HasPrefix(word, typed) })
}

// completeToolName completes one name of a tool.
func completeToolName(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, tool := range tools.Catalog() {
		names = append(names, cobra.CompletionWithDesc(tool.Name, tool.Title))
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// completeToolWords completes the last word of a list with commas: names, families
// and effects of tools.
func completeToolWords(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	given := typed[:strings.LastIndex(typed, ",")+1]
	var words []string
	for _, tool := range tools.Catalog() {
		words = append(words, given+tool.Name, given+tool.Family, given+string(tool.Effect))
	}
	slices.Sort(words)
	return beginning(slices.Compact(words), typed), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// completeCommands completes what help explains.
func completeCommands(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	topic, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, child := range topic.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, cobra.CompletionWithDesc(child.Name(), child.Short))
		}
	}
	return beginning(names, typed), cobra.ShellCompDirectiveNoFileComp
}

// withScripts adds cobra's command that prints a shell's script, and has it refuse
// what it does not take as other commands do. Where it prints to must be set.
func withScripts(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		}
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		for _, shell := range cmd.Commands() {
			shell.Args = noArguments
		}
	}
}

// isCompletion reports whether a command line is a shell's question.
func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}
