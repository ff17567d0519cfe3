package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const svg = `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5" viewBox="0 0 10 5" role="img">
<title></title>
<path d="M0,0L10,5" style="fill:none;stroke:#0072B2" />
</svg>
`

func document() Document {
	return Document{
		Title: "Run: first", Subtitle: "784-400-20", Program: "vaectl 1",
		Warnings: []Warning{{Text: "For all."}, {About: "first", Text: "For one."}},
		Sections: []Section{
			{
				ID: "settings", Title: "Settings", Text: []string{"What differs.", "And more."},
				Table: &Table{
					Columns: []Column{{Title: "setting"}, {Title: "a"}, {Title: "b", Numbers: true}},
					Rows: []Row{
						{Label: "train.lr", Code: true, Note: "Learning rate", Cells: []string{"0.1", "0.2"}, Best: 2},
						{Label: "short", Cells: []string{"x"}},
					},
				},
				Details: []Detail{{Title: "All", Table: Table{Columns: []Column{{Title: "setting"}}, Rows: []Row{{Label: "only a label"}}}}},
			},
			{ID: "pictures", Title: "Pictures", Pictures: []Picture{
				{Title: "Curve", Alt: "a line", Caption: "falls", SVG: []byte(svg), Wide: true},
				{Alt: "two & two", PNG: []byte("\x89PNG")},
				{Title: "None", Missing: "The data set is not there."},
			}},
		},
	}
}

func written(t testing.TB, d Document) string {
	t.Helper()
	var text bytes.Buffer
	if err := Write(&text, d); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// The page without its style, which is in a file of its own. The environment
// asks for a new one: UPDATE_GOLDEN=1 go test ./internal/draw/page
func TestGoldenPage(t *testing.T) {
	got := strings.Replace(written(t, document()), style, "", 1)
	path := filepath.Join("testdata", "document.html")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// element is a start tag of a page.
type element struct {
	name       string
	attributes map[string]string
}

// elements parses a page as strict XML.
func elements(t testing.TB, text string) []element {
	t.Helper()
	var all []element
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			e := element{start.Name.Local, map[string]string{}}
			for _, a := range start.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			all = append(all, e)
		}
	}
}

// tags are the names of a page's elements in order.
func tags(t testing.TB, text string) []string {
	var names []string
	for _, e := range elements(t, text) {
		names = append(names, e.name)
	}
	return names
}

// Whatever stands in it, a page has the same elements, is well-formed, and says
// what it was told.
func TestTextCannotBecomeMarkup(t *testing.T) {
	plain := tags(t, written(t, document()))
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(
			rapid.String(),
			rapid.SampledFrom([]string{
				"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "'-alert(1)-'", "</style><script>", "{{.}}", "<!--", "]]>", "&lt;b&gt;",
				"\x00\x1b[31m", "a\xffb", "javascript:alert(1)", "</title><svg onload=alert(1)>", "\ufffe", "a\u202eb",
			}),
		).Filter(func(s string) bool { return s != "" }).Draw(rt, "text")
		d := document()
		d.Title, d.Subtitle, d.Program = text, text, text
		d.Warnings[1] = Warning{About: text, Text: text}
		s := &d.Sections[0]
		s.Title, s.Text[0], s.Table.Columns[1].Title, s.Details[0].Title = text, text, text, text
		s.Table.Rows[0].Label, s.Table.Rows[0].Note, s.Table.Rows[0].Cells[0] = text, text, text
		for i := range d.Sections[1].Pictures {
			p := &d.Sections[1].Pictures[i]
			p.Alt = text
			if p.Title != "" {
				p.Title = text
			}
			if p.Caption != "" {
				p.Caption = text
			}
			if p.Missing != "" {
				p.Missing = text
			}
		}
		if diff := cmp.Diff(plain, tags(t, written(t, d))); diff != "" {
			rt.Fatalf("%q changes the elements: %s", text, diff)
		}
		if strings.ContainsAny(written(t, d), "\x1b\u202e\u2066") {
			rt.Fatalf("%q is shown as it is", text)
		}
	})
}

// Nothing on a page leads elsewhere, runs, or could be fetched.
func TestPageRefersToNothing(t *testing.T) {
	text := written(t, document())
	if m := regexp.MustCompile(`(?i)https?:|url\(|@import|srcset`).FindString(text); m != "" {
		t.Errorf("the page has %q", m)
	}
	policy := ""
	for _, e := range elements(t, text) {
		if e.name == "script" || e.name == "link" || e.name == "iframe" || e.name == "base" {
			t.Errorf("the page has a %s", e.name)
		}
		if e.attributes["http-equiv"] == "Content-Security-Policy" {
			policy = e.attributes["content"]
		}
		for name, value := range e.attributes {
			switch {
			case strings.HasPrefix(name, "on"):
				t.Errorf("%s has the attribute %s", e.name, name)
			case name == "href" && !strings.HasPrefix(value, "#"), name == "src" && !strings.HasPrefix(value, "data:image/png;base64,"):
				t.Errorf("%s refers to %s", e.name, value)
			}
		}
	}
	if policy != "default-src 'none'; style-src 'unsafe-inline'; img-src data:" {
		t.Errorf("policy %q", policy)
	}
}

func TestDocumentsThatAreNone(t *testing.T) {
	for name, spoil := range map[string]func(*Document){
		"two sections of one anchor": func(d *Document) { d.Sections[1].ID = "settings" },
		"an anchor with a quote":     func(d *Document) { d.Sections[1].ID = `a"` },
		"no anchor":                  func(d *Document) { d.Sections[1].ID = "" },
		"a row too long":             func(d *Document) { d.Sections[0].Table.Rows[0].Cells = make([]string, 3) },
		"a detail's row too long":    func(d *Document) { d.Sections[0].Details[0].Table.Rows[0].Cells = make([]string, 1) },
		"a picture of nothing":       func(d *Document) { d.Sections[1].Pictures[2].Missing = "" },
		"a picture of two kinds":     func(d *Document) { d.Sections[1].Pictures[0].Missing = "or not" },
		"an SVG that is none":        func(d *Document) { d.Sections[1].Pictures[0].SVG = []byte("<b>") },
	} {
		d := document()
		spoil(&d)
		var text bytes.Buffer
		if err := Write(&text, d); !errors.Is(err, errDocument) || text.Len() > 0 {
			t.Errorf("%s: error %v after %d bytes", name, err, text.Len())
		}
	}
	if err := Write(failing{}, document()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
