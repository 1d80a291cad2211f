// Command extras writes what packages carry besides the program, made of its
// command line: manual pages and the completion of shells.
//
//	go run ./deploy/extras -version 1.2.3 -date 1767225600 FOLDER
//
// The same arguments make the same bytes.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"posthog-org-mcp/cli"
)

func main() {
	version := flag.String("version", "dev", "version that the pages name")
	date := flag.Int64("date", 0, "date that the pages name, in seconds since 1970")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: go run ./deploy/extras [-version VERSION] [-date SECONDS] FOLDER")
		os.Exit(2)
	}
	folder, root := flag.Arg(0), cli.Commands()
	err := errors.Join(
		writePages(filepath.Join(folder, "man"), root, *version, time.Unix(*date, 0).UTC()),
		writeScripts(filepath.Join(folder, "completions"), root),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "extras:", err)
		os.Exit(1)
	}
}

// writePages writes a manual page for a command and for each one below it.
func writePages(folder string, cmd *cobra.Command, version string, date time.Time) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	cmd.DisableAutoGenTag = true // it names the day on which this runs
	header := doc.GenManHeader{Section: "1", Date: &date, Source: cli.Name + " " + version, Manual: "User Commands"}
	cmd.InitDefaultHelpFlag()
	cmd.LocalFlags().VisitAll(nameValue)
	var page bytes.Buffer
	if err := doc.GenMan(cmd, &header, &page); err != nil {
		return fmt.Errorf("the page of %q: %w", cmd.CommandPath(), err)
	}
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1.gz"
	if err := writePacked(filepath.Join(folder, name), settleOptions(page.Bytes())); err != nil {
		return err
	}
	for _, child := range cmd.Commands() {
		if !child.IsAvailableCommand() {
			continue
		}
		if err := writePages(folder, child, version, date); err != nil {
			return err
		}
	}
	return nil
}

// defaulted marks a flag that nameValue has been at: commands share some.
const defaulted = "deploy/extras"

// nameValue has the generator show what a flag's value is called, where it would
// show the default alone, and has the text tell the default.
func nameValue(flag *pflag.Flag) {
	if _, done := flag.Annotations[defaulted]; done {
		return
	}
	value, usage := pflag.UnquoteUsage(flag)
	if !slices.Contains([]string{"", "[]", "0", "0s", "false"}, flag.DefValue) {
		usage += ". Default: " + flag.DefValue
	}
	flag.Usage, flag.DefValue = usage, value
	flag.Annotations = map[string][]string{defaulted: nil}
}

// option is one as the generator writes it: names, "=" and value, a tab, text.
var option = regexp.MustCompile(`(?m)^(?:\.PP\n)?(\\fB-.*\\fP)\[?="?([^"\]\n]*)"?\]?\n\t`)

// settleOptions puts the text of an option below its name, as other pages do.
func settleOptions(page []byte) []byte { return option.ReplaceAll(page, []byte(".TP\n$1 $2\n")) }

// writePacked writes a file as Debian wants its manual pages: packed as small as
// can be, without a time.
func writePacked(path string, content []byte) error {
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zip.Write(content); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, packed.Bytes(), 0o644)
}

// writeScripts writes what the completion command prints, by the names under
// which each shell looks for it.
func writeScripts(folder string, root *cobra.Command) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, script := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{cli.Name + ".bash", func(out io.Writer) error { return root.GenBashCompletionV2(out, true) }},
		{"_" + cli.Name, root.GenZshCompletion},
		{cli.Name + ".fish", func(out io.Writer) error { return root.GenFishCompletion(out, true) }},
		{cli.Name + ".ps1", root.GenPowerShellCompletionWithDesc},
	} {
		var text bytes.Buffer
		if err := script.write(&text); err != nil {
			return fmt.Errorf("%s: %w", script.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, script.name), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
