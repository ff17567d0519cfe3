package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/format/vectors"
	"vaectl/internal/lines"
	"vaectl/internal/printable"
	"vaectl/internal/show/words"
)

// writeText prints the two ends of the ranking for people.
func (r *imageRanking) writeText(w io.Writer, result rankResult) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, in nats per image; mean %s%s\n\n", r.figure.text, words.Nats(result.Mean), bitsText(result.MeanBits))
	text.WriteString(r.table(result) + "\n")
	if d := result.Detection; d != nil {
		fmt.Fprintf(&text, "%s of %s among %s: AUROC %.4f, average precision %.4f\n\n", words.Counted(d.Anomalies, "image"),
			strings.Join(d.Classes, ", "), words.Counted(d.Normal, "normal image"), d.AUROC, d.AveragePrecision)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// table has a line an image, those between the ends left out.
func (r *imageRanking) table(result rankResult) string {
	rows := [][]string{r.header()}
	for _, one := range result.Unusual {
		rows = append(rows, r.line(one))
	}
	if len(result.Unusual)+len(result.Typical) < result.Images {
		rows = append(rows, append([]string{"..."}, make([]string, len(rows[0])-1)...))
	}
	for _, one := range slices.Backward(result.Typical) {
		rows = append(rows, r.line(one))
	}
	var table strings.Builder
	for _, cells := range rows {
		fmt.Fprintln(&table, strings.Join(cells, "\t"))
	}
	return lines.RightColumns(table.String())
}

// header and line are the cells of a row of the table.
func (r *imageRanking) header() []string {
	cells := []string{"rank", "image", r.figure.short}
	if r.ranking.KL != nil {
		cells = append(cells, "reconstruction", "KL")
	}
	if r.bits(0) != nil {
		cells = append(cells, "bits/dim")
	}
	return append(cells, "  "+r.lastColumn())
}

func (r *imageRanking) line(one rankedImage) []string {
	cells := []string{strconv.Itoa(one.Rank), strconv.Itoa(one.Index), words.Nats(one.Nats)}
	if one.KL != nil {
		cells = append(cells, words.Nats(*one.Reconstruction), words.Nats(*one.KL))
	}
	if one.Bits != nil {
		cells = append(cells, fmt.Sprintf("%.4f", *one.Bits))
	}
	last := one.Class
	if one.File != "" {
		last = printable.Text(one.File)
	}
	if one.Anomaly != nil && *one.Anomaly {
		last += "  anomaly"
	}
	return append(cells, "  "+last)
}

// lastColumn names what an image is: its file or its class.
func (r *imageRanking) lastColumn() string {
	switch {
	case r.files != nil:
		return "file"
	case r.images.Labels != nil:
		return "class"
	}
	return ""
}

// bitsText follows a figure in nats that can be told in bits per dimension.
func bitsText(bits *float64) string {
	if bits == nil {
		return ""
	}
	return fmt.Sprintf(" (%.4f bits per dimension)", *bits)
}

// writeCSV writes all images, the most unusual first.
func (r *imageRanking) writeCSV(w io.Writer) error {
	out, err := vectors.NewWriter(w, vectors.CSV, len(r.ranking.Order))
	if err != nil {
		return err
	}
	for _, one := range r.describe(r.ranking.Order, r.ranks()) {
		if err := out.Write(r.fields(one)); err != nil {
			return err
		}
	}
	return out.Close()
}

// fields are the columns of a row.
func (r *imageRanking) fields(one rankedImage) []vectors.Field {
	number := func(name string, value float64) vectors.Field {
		return vectors.Field{Name: name, Values: []float64{value}}
	}
	fields := []vectors.Field{number("rank", float64(one.Rank)), number("index", float64(one.Index))}
	if r.files != nil {
		fields = append(fields, vectors.Field{Name: "file", Text: one.File})
	}
	if one.Label != nil {
		fields = append(fields, number("label", float64(*one.Label)), vectors.Field{Name: "class", Text: one.Class})
	}
	fields = append(fields, number(r.figure.name+"_nats", one.Nats))
	if one.KL != nil {
		fields = append(fields, number("reconstruction_nats", *one.Reconstruction), number("kl_nats", *one.KL))
	}
	if one.Bits != nil {
		fields = append(fields, number("bits_per_dimension", *one.Bits))
	}
	if one.Anomaly != nil {
		anomaly := 0.0
		if *one.Anomaly {
			anomaly = 1
		}
		fields = append(fields, number("anomaly", anomaly))
	}
	return fields
}
