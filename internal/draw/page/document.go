package page

// Document is a report.
type Document struct {
	Title    string
	Subtitle string
	Program  string // what made it, at the foot
	Warnings []Warning
	Sections []Section
}

// Warning is what must not be missed.
type Warning struct {
	About string // the run; empty for all of them
	Text  string
}

// Section is a part of the report under a heading.
type Section struct {
	ID       string // the anchor: letters, digits and dashes, unique in the document
	Title    string
	Text     []string // paragraphs
	Table    *Table
	Pictures []Picture
	Details  []Detail
}

// Table has a label at the left of each row.
type Table struct {
	Columns []Column // over the cells, the labels' first
	Rows    []Row
}

// Column is the head of a column.
type Column struct {
	Title   string
	Numbers bool // aligned at the right
}

// Row is a line of a table. Cells beyond the columns are an error.
type Row struct {
	Label string
	Code  bool   // the label is something to type
	Note  string // beneath the label
	Cells []string
	// Best is the cell that is to stand out, counted from 1; 0 is none.
	Best int
}

// Picture is a figure or, where it cannot be made, the reason. Exactly one of
// SVG, PNG and Missing is set.
type Picture struct {
	Title   string
	Caption string
	Alt     string // for readers who cannot see it
	SVG     []byte // as package plots writes it
	PNG     []byte
	Missing string
	Wide    bool // takes the whole width
}

// Detail is a table that is folded away.
type Detail struct {
	Title string
	Table Table
}
