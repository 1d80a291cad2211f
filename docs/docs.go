// Package docs is this folder's pages, as the program carries them along.
package docs

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.md
var files embed.FS

// Page is one page.
type Page struct {
	// Name is the file's, without its ending, such as "writes".
	Name string
	// Title is its first heading.
	Title string
	// Text is the whole page, in Markdown, with LF at the ends of lines.
	Text string
}

// Pages returns every page, by name. The error is a fault of the build.
func Pages() ([]Page, error) {
	names, err := fs.Glob(files, "*.md")
	if err != nil {
		return nil, err
	}
	pages := make([]Page, 0, len(names))
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		text := strings.ReplaceAll(string(data), "\r\n", "\n")
		title, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), "\n")
		pages = append(pages, Page{Name: strings.TrimSuffix(name, ".md"), Title: title, Text: text})
	}
	return pages, nil
}
