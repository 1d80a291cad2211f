package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
	"posthog-org-mcp/nearest"
)

// usageError is a command line that makes no sense. Its text ends with where
// to read on, instead of the whole help.
type usageError struct {
	cmd     *cobra.Command
	problem string
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s\nRun \"%s --help\" to see what it takes.", e.problem, e.cmd.CommandPath())
}

// noArguments refuses what stands after a command. After the root that can
// only be meant as a command.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasParent():
		return &usageError{cmd, fmt.Sprintf("%q takes no argument such as %s.", cmd.Name(), config.Quote(args[0]))}
	default:
		return unknownCommand(cmd, args[0])
	}
}

// oneArgument wants exactly one argument, which is what says.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return &usageError{cmd, fmt.Sprintf("%q needs %s.", cmd.Name(), what)}
		case 1:
			return nil
		}
		return &usageError{cmd, fmt.Sprintf("%q takes one argument, and there is a second one: %s.", cmd.Name(), config.Quote(args[1]))}
	}
}

func unknownCommand(cmd *cobra.Command, typed string) error {
	var names []string
	for _, known := range cmd.Commands() {
		if known.IsAvailableCommand() {
			names = append(names, known.Name())
		}
	}
	problem := fmt.Sprintf("There is no command %s.", config.Quote(typed))
	return &usageError{cmd, problem + meant(typed, names, "")}
}

// explainFlag words what is wrong with a flag, and names the nearest one.
func explainFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		var names []string
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if !flag.Hidden {
				names = append(names, flag.Name)
			}
		})
		typed := unknown.GetSpecifiedName()
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		problem := fmt.Sprintf("There is no flag %s.", config.Quote(dashes+typed))
		return &usageError{cmd, problem + meant(typed, names, "--")}
	case errors.As(err, &bare):
		return &usageError{cmd, fmt.Sprintf("--%s needs a value.", bare.GetFlag().Name)}
	case errors.As(err, &invalid):
		return &usageError{cmd, fmt.Sprintf("--%s is %s, but %s.", invalid.GetFlag().Name, config.Quote(invalid.GetValue()), wanted(invalid.GetFlag()))}
	default:
		return &usageError{cmd, fmt.Sprintf("The flags cannot be read: %s.", config.Quote(err.Error()))}
	}
}

// wanted says what a flag of a command's own takes. Settings have no types
// here: config checks them.
func wanted(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "duration":
		return "it takes a time such as 200ms or 2s"
	case "bool":
		return "it takes true or false"
	case "json":
		return "it takes JSON"
	default:
		return "it takes a whole number"
	}
}

// meant offers the known names that come close to a word, if any do.
func meant(typed string, names []string, dashes string) string {
	return didYouMean(nearest.Words(typed, names, 2), dashes)
}

func didYouMean(near []string, dashes string) string {
	if len(near) == 0 {
		return ""
	}
	return fmt.Sprintf(" Did you mean %s%s?", dashes, strings.Join(near, " or "+dashes))
}
