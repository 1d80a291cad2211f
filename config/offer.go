package config

import (
	"slices"

	"github.com/spf13/pflag"
)

// OfferFlags are the settings that LoadOffer reads, as Register takes them.
func OfferFlags() []string { return []string{"read-only", "tools", "exclude-tools"} }

// LoadOffer is Load for the settings that say which tools are offered, and for no
// others: ReadOnly, Tools and ExcludeTools of the Config. It needs no key.
func LoadOffer(flags *pflag.FlagSet, environ []string) (Config, error) {
	l := &loader{environment: variables(environ)}
	l.unknownVariables()
	for _, setting := range Settings() {
		if !slices.Contains(OfferFlags(), setting.Flag) {
			continue
		}
		if value := setting.lookup(flags, l.environment); value.isPlaceholder() {
			l.placeholder(value)
		} else if value.text != "" {
			setting.apply(l, value)
		}
	}
	return l.loaded()
}
