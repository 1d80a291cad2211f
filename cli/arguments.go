package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthog-org-mcp/config"
	"posthog-org-mcp/schemas"
)

// argument is one argument of a tool as a flag. It keeps what was typed as JSON.
type argument struct {
	field schemas.Field
	given []json.RawMessage // one; of a list, its elements
	typed []string
}

// argumentFlag is the value of a flag that is an argument.
type argumentFlag interface {
	pflag.Value
	asArgument() *argument
}

func (a *argument) asArgument() *argument { return a }

// listArgument is an argument whose flag may come again.
type listArgument struct{ *argument }

// GetSlice tells the shells' completion so.
func (l listArgument) GetSlice() []string { return l.typed }

// registerArguments makes a flag of each argument: provider_role_id is
// --provider-role-id. The confirmation is for clients that cannot ask; its flag
// works, and is not shown.
func registerArguments(flags *pflag.FlagSet, fields []schemas.Field) {
	flags.SortFlags = false
	for _, field := range fields {
		var value argumentFlag = &argument{field: field}
		if field.Is("array") {
			value = listArgument{value.asArgument()}
		}
		flag := flags.VarPF(value, flagName(field.Name), "", argumentUsage(field))
		flag.DefValue = field.DefaultText()
		flag.Hidden = field.Name == "confirmation"
		if field.Is("boolean") {
			flag.NoOptDefVal = "true"
		}
	}
}

func flagName(argument string) string { return strings.ReplaceAll(argument, "_", "-") }

// underscores lets a flag be written as its argument is.
func underscores(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	return pflag.NormalizedName(flagName(name))
}

func argumentUsage(field schemas.Field) string {
	// What stands between backquotes would be taken for the value's name.
	usage := strings.ReplaceAll(field.Description, "`", "'")
	if choices := field.Choices(); len(choices) > 0 {
		usage += " One of " + strings.Join(choices, ", ") + "."
	}
	if field.Is("array") {
		usage += " Can be repeated."
	}
	if field.Required {
		usage += " (required)"
	}
	return strings.TrimSpace(usage)
}

// String is what was typed.
func (a *argument) String() string {
	return strings.Join(a.typed, " ")
}

// Type is the word that help puts after the flag.
func (a *argument) Type() string {
	switch {
	case a.field.Is("integer"):
		return "int"
	case a.field.Is("boolean"):
		return "bool"
	case a.field.Is("string"), a.isListOfText():
		return "string"
	default:
		return "json"
	}
}

func (a *argument) isListOfText() bool {
	return a.field.Is("array") && a.field.Items != nil && a.field.Items.Is("string")
}

// Set reads what was typed. What the tool's schema says beyond the type is checked
// when all is there.
func (a *argument) Set(typed string) error {
	a.typed = append(a.typed, typed)
	var value json.RawMessage
	var err error
	switch {
	case a.isListOfText():
		// Names have commas in them, so a list is no list of words with commas.
		var many []string
		if json.Unmarshal([]byte(typed), &many) != nil || many == nil {
			many = []string{typed}
		}
		for _, one := range many {
			element, err := schemas.Marshal(one)
			if err != nil {
				return err
			}
			a.given = append(a.given, element)
		}
		return nil
	case a.field.Is("string"):
		value, err = schemas.Marshal(typed)
	case a.field.Is("integer"):
		var number int
		number, err = strconv.Atoi(strings.TrimSpace(typed))
		value = json.RawMessage(strconv.Itoa(number))
	case a.field.Is("boolean"):
		var on bool
		on, err = strconv.ParseBool(strings.TrimSpace(typed))
		value = json.RawMessage(strconv.FormatBool(on))
	case !json.Valid([]byte(typed)):
		err = errors.New("this is no JSON")
	default:
		value = json.RawMessage(typed)
	}
	if err != nil {
		return err
	}
	a.given = []json.RawMessage{value}
	return nil
}

// value is the argument as the tool takes it.
func (a *argument) value() json.RawMessage {
	if !a.isListOfText() {
		return a.given[0]
	}
	elements := make([]string, len(a.given))
	for i, element := range a.given {
		elements[i] = string(element)
	}
	return json.RawMessage("[" + strings.Join(elements, ",") + "]")
}

// joinArguments puts the arguments that were given as flags of cmd into whole, which
// is a JSON object or empty. Where both name an argument, the flag counts.
func joinArguments(cmd *cobra.Command, whole []byte) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	if len(whole) > 0 {
		if err := json.Unmarshal(whole, &all); err != nil {
			return nil, &usageError{cmd, fmt.Sprintf("--arguments is %s, which is not a JSON object.", config.Quote(strings.TrimSpace(string(whole))))}
		}
		if all == nil {
			all = map[string]json.RawMessage{} // null
		}
	}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if own, ok := flag.Value.(argumentFlag); ok {
			all[own.asArgument().field.Name] = own.asArgument().value()
		}
	})
	return schemas.Marshal(all)
}
