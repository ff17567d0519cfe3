package page

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

//go:embed document.html
var layout string

//go:embed style.css
var style string

// Write writes the document as HTML. It returns an error for a picture that has
// not exactly one of SVG, PNG and Missing, for an SVG of another kind than
// package plots writes, for anchors that are not plain and unique, for rows with
// more cells than columns, and where writing fails.
func Write(w io.Writer, d Document) error {
	if err := d.check(); err != nil {
		return err
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"style":   func() template.CSS { return template.CSS(style) },
		"svg":     inlined,
		"png":     dataURL,
		"column":  func(columns []Column, i int) Column { return columns[i+1] },
		"ordinal": func(i int) int { return i + 1 },
	}).Parse(layout)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	// The template would have written half a page before it fails.
	var text bytes.Buffer
	if err := t.Execute(&text, d); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	if _, err := w.Write(bytes.Map(printable, text.Bytes())); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

var errDocument = errors.New("page: not a document")

func (d Document) check() error {
	plain := regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	var seen []string
	for _, s := range d.Sections {
		if !plain.MatchString(s.ID) || slices.Contains(seen, s.ID) {
			return fmt.Errorf("%w: anchor %q is not plain and unique", errDocument, s.ID)
		}
		seen = append(seen, s.ID)
		tables := []*Table{s.Table}
		for i := range s.Details {
			tables = append(tables, &s.Details[i].Table)
		}
		for _, t := range tables {
			if err := t.check(); err != nil {
				return fmt.Errorf("section %s: %w", s.ID, err)
			}
		}
		for _, p := range s.Pictures {
			if err := p.check(); err != nil {
				return fmt.Errorf("section %s: %w", s.ID, err)
			}
		}
	}
	return nil
}

func (t *Table) check() error {
	if t == nil {
		return nil
	}
	for _, r := range t.Rows {
		if len(r.Cells) >= len(t.Columns) {
			return fmt.Errorf("%w: row %q has %d cells under %d columns", errDocument, r.Label, len(r.Cells), len(t.Columns))
		}
	}
	return nil
}

func (p Picture) check() error {
	n := 0
	for _, set := range []bool{p.SVG != nil, p.PNG != nil, p.Missing != ""} {
		if set {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("%w: picture %q is %d things", errDocument, p.Title, n)
	}
	return nil
}

// inlined is an SVG file as a part of an HTML page, which needs neither the
// declaration nor the namespace of a file, and has the picture's words for its
// title where it has none.
func inlined(p Picture) (template.HTML, error) {
	start := bytes.Index(p.SVG, []byte("<svg "))
	if start < 0 {
		return "", fmt.Errorf("%w: picture %q has no <svg", errDocument, p.Title)
	}
	body := bytes.Replace(p.SVG[start:], []byte(` xmlns="http://www.w3.org/2000/svg"`), nil, 1)
	title := "<title>" + template.HTMLEscapeString(p.Alt) + "</title>"
	return template.HTML(adapted(bytes.Replace(body, []byte("<title></title>"), []byte(title), 1))), nil
}

// printable replaces what no page may hold, and what would turn text around: names of
// runs come from directories.
func printable(r rune) rune {
	if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\ufffe' || r == '\uffff' {
		return utf8.RuneError
	}
	return r
}

func dataURL(png []byte) template.URL {
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))
}
