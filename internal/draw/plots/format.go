package plots

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Format is a kind of picture file.
type Format string

// The formats a figure can be written in.
const (
	PNG Format = "png"
	SVG Format = "svg"
)

// FormatOf returns the format the extension of path asks for, in any case. It
// returns an error that names the path if that is neither .png nor .svg.
func FormatOf(path string) (Format, error) {
	switch f := Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))); f {
	case PNG, SVG:
		return f, nil
	default:
		return "", fmt.Errorf("plots: %q ends in neither .png nor .svg", path)
	}
}

const dotsPerInch = 144

// render makes a canvas of the size, lets paint draw on it and writes it. The
// title is for readers of an SVG who cannot see it.
func render(w io.Writer, format Format, width, height vg.Length, title string, paint func(draw.Canvas)) error {
	switch format {
	case PNG:
		canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))
		paint(draw.New(canvas))
		if err := png.Encode(w, canvas.Image()); err != nil {
			return fmt.Errorf("plots: write PNG: %w", err)
		}
	case SVG:
		canvas := vgsvg.New(width, height)
		paint(draw.New(canvas))
		var b bytes.Buffer
		if _, err := canvas.WriteTo(&b); err != nil {
			return fmt.Errorf("plots: draw SVG: %w", err)
		}
		if _, err := w.Write(finishSVG(b.Bytes(), width, height, title)); err != nil {
			return fmt.Errorf("plots: write SVG: %w", err)
		}
	default:
		return fmt.Errorf("plots: unknown format %q (have png and svg)", format)
	}
	return nil
}

// finishSVG replaces the canvas's opening tag by one that scales to the place
// it is put in and carries the title, and names families to fall back to:
// Liberation Sans has the widths of Arial and Helvetica, so that text keeps its
// place on machines without it, and half a megabyte of embedded font is saved.
func finishSVG(svg []byte, width, height vg.Length, title string) []byte {
	start := bytes.Index(svg, []byte("<svg"))
	end := start + bytes.IndexByte(svg[start:], '>') + 1
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]g" viewBox="0 0 %[1]g %[2]g" role="img">`+"\n",
		width.Points(), height.Points())
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(title))
	b.Write(bytes.ReplaceAll(bytes.TrimLeft(svg[end:], "\n"),
		[]byte("font-family:Liberation Sans;font-variant:normal;"),
		[]byte("font-family:Liberation Sans,Arimo,Arial,Helvetica,sans-serif;")))
	return b.Bytes()
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(clean(s))
}
