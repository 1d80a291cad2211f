package config

import (
	"fmt"
	"strconv"
)

func (l *loader) outputSchemas(v value) { l.switched(v, &l.config.OutputSchemas, "Use on or off.") }

// The bounds of a result. Below the lower one not even a preview with its
// confirmation is sure to fit; the upper one catches a typing error.
const (
	fewestResultBytes = 2000
	mostResultBytes   = 100_000_000
)

func (l *loader) maxResultBytes(v value) {
	const next = "Use a whole number of bytes, such as 40000."
	number, err := strconv.Atoi(v.text)
	switch {
	case err != nil:
		l.fail(v.where, fmt.Sprintf("is %s, which is not a whole number.", Quote(v.text)), next)
	case number < fewestResultBytes || number > mostResultBytes:
		l.fail(v.where, fmt.Sprintf("is %s; it must be between %d and %d.", Quote(v.text), fewestResultBytes, mostResultBytes), next)
	default:
		l.config.MaxResultBytes = number
	}
}
