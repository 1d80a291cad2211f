// Package docs is this folder's pages, as the program carries them along.
package docs

import (
	"bufio"
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
}

// Text is the whole page, in Markdown, with LF at the ends of lines. The error
// is a fault of the build.
func (p Page) Text() (string, error) {
	data, err := files.ReadFile(p.Name + ending)
	return strings.ReplaceAll(string(data), "\r\n", "\n"), err
}

const ending = ".md"

// Pages returns every page, by name. Of each it reads the first line alone: a
// server lists them at its start. The error is a fault of the build.
func Pages() ([]Page, error) {
	names, err := fs.Glob(files, "*"+ending)
	if err != nil {
		return nil, err
	}
	pages := make([]Page, 0, len(names))
	for _, name := range names {
		heading, err := firstLine(name)
		if err != nil {
			return nil, err
		}
		pages = append(pages, Page{Name: strings.TrimSuffix(name, ending), Title: strings.TrimPrefix(heading, "# ")})
	}
	return pages, nil
}

func firstLine(name string) (string, error) {
	file, err := files.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // It is a part of the program.
	line, err := bufio.NewReaderSize(file, 256).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
