package sweep

import (
	"bytes"
	"context"
	"fmt"

	"vaectl/internal/draw/page"
	"vaectl/internal/draw/plots"
)

// Section is the sweep as a part of a report, under text: its table, the best first, its pictures, and all trials folded away.
func (f *File) Section(ctx context.Context, states []State, text ...string) (page.Section, error) {
	s := page.Section{ID: "sweep", Title: "Sweep", Text: text, Table: f.pageTable(states), Details: []page.Detail{{Title: "All trials", Table: f.pageTrials(states)}}}
	for _, p := range f.Plots(states) {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		picture := page.Picture{Title: p.Title, Alt: p.What, Wide: true}
		var svg bytes.Buffer
		if err := p.Draw(&svg, plots.SVG); err != nil {
			picture.Missing = err.Error()
		} else {
			picture.SVG = svg.Bytes()
		}
		s.Pictures = append(s.Pictures, picture)
	}
	return s, nil
}

// pageTable has a row for each setting, the best first.
func (f *File) pageTable(states []State) *page.Table {
	t := &page.Table{}
	judged := len(f.Variables)
	for i, title := range f.header() {
		words := i < judged || title == runsColumn || title == statusColumn
		t.Columns = append(t.Columns, page.Column{Title: title, Numbers: !words})
	}
	// A table has a label at the left of each row: without anything varied, that is the judged figure.
	for _, s := range f.Rank(f.Plan(states)) {
		cells := f.row(s)
		t.Rows = append(t.Rows, page.Row{Label: cells[0], Code: judged > 0, Cells: cells[1:]})
	}
	if len(t.Rows) > 1 && judged > 0 && t.Rows[0].Cells[judged-1] != none {
		t.Rows[0].Best = judged
	}
	return t
}

// pageTrials has a row for each trial.
func (f *File) pageTrials(states []State) page.Table {
	var t page.Table
	for _, title := range append(append([]string{"run"}, f.names()...), "seed", f.Judge.Figure, "loss", "reconstruction", "KL", "epochs", "status") {
		t.Columns = append(t.Columns, page.Column{Title: title})
	}
	number := func(v *float64) string {
		if v == nil {
			return none
		}
		return cell(*v)
	}
	for _, r := range f.Rows(states) {
		var cells []string
		for _, name := range f.names() {
			cells = append(cells, r.Values[name])
		}
		cells = append(cells, fmt.Sprint(r.Seed), number(r.Value), number(r.Loss), number(r.Reconstruction), number(r.KL), fmt.Sprint(r.Epoch), string(r.Status))
		t.Rows = append(t.Rows, page.Row{Label: r.Run, Code: true, Cells: cells})
	}
	return t
}
