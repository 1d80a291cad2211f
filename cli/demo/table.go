package demo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// The bounds of a table.
const (
	mostRows     = 8
	narrowest    = 5 // of a column
	betweenCells = 2
	tableIndent  = margin + 2
)

// table writes what stands at a path of an answer as a table: one row for an
// object, and one for each element of a list.
func (p *paper) table(value any, view view) {
	found, ok := at(value, view.rows)
	if !ok {
		return // a check says so
	}
	rows, isList := found.([]any)
	if !isList {
		rows = []any{found}
	}
	left := max(0, len(rows)-mostRows)
	cells := make([][]string, 0, mostRows+1)
	cells = append(cells, headers(view.columns))
	for _, row := range rows[:len(rows)-left] {
		line := make([]string, len(view.columns))
		for i, column := range view.columns {
			path, _, _ := strings.Cut(column, ":")
			value, _ := at(row, path) // what is not there has an empty cell
			line[i] = cell(value)
		}
		cells = append(cells, line)
	}
	room := p.width - tableIndent
	for i, line := range strings.Split(render(fit(cells, room)), "\n") {
		line = strings.Repeat(" ", tableIndent) + strings.TrimRight(line, " ")
		if i == 0 {
			line = p.paint.as(faint, line)
		}
		p.line(line)
	}
	if left > 0 {
		p.line(strings.Repeat(" ", tableIndent) + p.paint.as(faint, fmt.Sprintf("… and %d more", left)))
	}
}

// headers words the columns: by their own header, or the last word of the path.
func headers(columns []string) []string {
	words := make([]string, len(columns))
	for i, column := range columns {
		path, header, named := strings.Cut(column, ":")
		if !named {
			header = path[strings.LastIndex(path, ".")+1:]
		}
		words[i] = strings.ToUpper(strings.ReplaceAll(header, "_", " "))
	}
	return words
}

// fit cuts the cells of the widest columns until a line fits the room.
func fit(cells [][]string, room int) [][]string {
	widths := make([]int, len(cells[0]))
	total := betweenCells * (len(widths) - 1)
	for column := range widths {
		for _, line := range cells {
			widths[column] = max(widths[column], text.StringWidth(line[column]))
		}
		total += widths[column]
	}
	for ; total > room; total-- {
		widest := 0
		for column, width := range widths {
			if width > widths[widest] {
				widest = column
			}
		}
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	for _, line := range cells {
		for column, width := range widths {
			line[column] = text.Snip(line[column], width, "…")
		}
	}
	return cells
}

// render sets the cells in columns; the first line holds the headers.
func render(cells [][]string) string {
	writer := table.NewWriter()
	writer.SuppressTrailingSpaces()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", betweenCells)
	writer.SetStyle(style)
	columns := make([]table.ColumnConfig, len(cells[0]))
	for column := range columns {
		columns[column].Number = column + 1
		if numbers(cells[1:], column) {
			columns[column].Align, columns[column].AlignHeader = text.AlignRight, text.AlignRight
		}
	}
	writer.SetColumnConfigs(columns)
	for i, line := range cells {
		row := make(table.Row, len(line))
		for column, cell := range line {
			row[column] = cell
		}
		if i == 0 {
			writer.AppendHeader(row)
		} else {
			writer.AppendRow(row)
		}
	}
	return writer.Render()
}

// numbers reports whether a column holds nothing but whole numbers.
func numbers(lines [][]string, column int) bool {
	for _, line := range lines {
		if _, err := strconv.Atoi(line[column]); err != nil {
			return false
		}
	}
	return len(lines) > 0
}
