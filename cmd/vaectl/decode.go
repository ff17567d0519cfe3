package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/format/npy"
	"vaectl/internal/format/vectors"
	"vaectl/internal/show/words"
	"vaectl/vae"
)

// formatPNG is the grid of images among the formats that decode writes.
const formatPNG = "png"

// maxScale is the largest magnification of an image, and the widest gap.
const maxScale = 64

// decodeOptions are the flags of decode.
type decodeOptions struct {
	viewOptions
	in       string
	inFormat string
	format   string
	columns  int
	scale    int
	gap      int
}

func (o *decodeOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.in, "in", "-", "the CSV, JSONL or NPY `file` with codes; - is standard input")
	flags.StringVar(&o.inFormat, "in-format", "", "`csv|jsonl|npy`: the form of the codes (default: detected from the content)")
	flags.StringVar(&o.format, "format", "", "`png|csv|jsonl|npy`: what to write (default: the ending of --out, or png)")
	flags.IntVar(&o.columns, "grid-columns", 0, "images in a row of the PNG; 0 makes it nearly square")
	flags.IntVar(&o.gap, "gap", 2, fmt.Sprintf("pixels between and around the images of the PNG, from 0 to %d", maxScale))
	flags.IntVar(&o.scale, "scale", 0, fmt.Sprintf("magnification of the PNG, from 1 to %d; 0 chooses a readable one", maxScale))
	o.viewOptions.addFlags(cmd, "PNG")
	flags.Lookup("out").Usage = "the PNG, CSV, JSONL or NPY `file` to write (default: standard output)"
	o.addLabel(cmd, "those in the input, a column or key label, or the number after each code where nothing has a name")
}

func newDecode(env environment) *cobra.Command {
	var o decodeOptions
	cmd := &cobra.Command{
		Use:   "decode [RUN]",
		Short: "Turn codes in CSV, JSONL or NPY into images",
		Long: "Decode codes z, in the units of the prior, and write the images as a PNG grid, or their pixels in [0, 1] as CSV, JSONL or NPY with one image per row. " +
			"In CSV the codes are the columns z0, z1, ..., or all columns if there is no header; in JSONL they are arrays, or objects with a key z; in NPY they are the rows. " +
			"encode writes all of these. A conditional model needs a label for each code, in the input or with --label. " +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl encode -n 64 | vaectl decode --out seen.png\n" +
			"  echo 0.5,-1 | vaectl decode flat --out one.png\n" +
			"  vaectl decode deep --in codes.npy --out pixels.npy",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

// decodeResult is what decode --out --json writes.
type decodeResult struct {
	pictureResult
	Images int    `json:"images"`
	Format string `json:"format"`
}

func (o *decodeOptions) run(ctx context.Context, env environment, ref string) error {
	format, err := o.outFormat()
	if err != nil {
		return err
	}
	if err := cmp.Or(checkRange("--grid-columns", o.columns, 0, maxSamples), checkRange("--scale", o.scale, 0, maxScale), checkRange("--gap", o.gap, 0, maxScale)); err != nil {
		return err
	}
	inFormat, ok := vectors.FormatNamed(o.inFormat)
	if !ok && o.inFormat != "" {
		return usagef("--in-format %q: must be csv, jsonl or npy", o.inFormat)
	}
	if o.out == "" && (format == formatPNG || format == string(vectors.NPY)) && env.isTerminal(env.stdout) {
		return &usageError{err: fmt.Errorf("%s is not written to a terminal", strings.ToUpper(format)), hint: "--out names a file"}
	}
	v, err := o.open(env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	in, name, err := o.input(env)
	if err != nil {
		return err
	}
	defer in.Close()
	codes := &codeStream{ctx: ctx, view: v, name: name}
	var beside []string
	switch {
	case o.hasLabel():
		if codes.view, err = o.withLabelOr(v, 0); err != nil {
			return err
		}
	case v.Classes() > 0:
		beside = []string{columnLabel}
	}
	if codes.reader, err = vectors.NewReader(in, name, inFormat, columnZ, v.Latents(), beside...); err != nil {
		return err
	}
	codes.hasLabels = beside != nil
	write := func(w io.Writer) error { return o.write(w, codes, format) }
	if o.out == "" {
		buffered := bufio.NewWriter(unfiltered(env.stdout))
		if err := write(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}
	err = atomicfile.WriteFile(o.out, write)
	if errors.Is(err, vectors.ErrFormat) {
		return errors.Unwrap(err) // what was read is at fault, not the file that was to be written
	}
	if err != nil {
		return err
	}
	r := decodeResult{o.result(codes.view, o.out), codes.count, format}
	return o.report(env, r.pictureResult, r, words.Counted(codes.count, "image"))
}

// outFormat is the format that --format or the ending of --out names.
func (o *decodeOptions) outFormat() (string, error) {
	name, flag := o.format, fmt.Sprintf("--format %q", o.format)
	if name == "" && o.out != "" {
		name, flag = strings.TrimPrefix(filepath.Ext(o.out), "."), "--out "+o.out
	}
	if name == "" && o.out == "" || strings.EqualFold(name, formatPNG) {
		return formatPNG, nil
	}
	if format, ok := vectors.FormatNamed(name); ok {
		return string(format), nil
	}
	return "", usagef("%s: must be png, csv, jsonl or npy", flag)
}

// input is what codes are read from, with a name for errors.
func (o *decodeOptions) input(env environment) (io.ReadCloser, string, error) {
	if o.in == "-" {
		return io.NopCloser(env.stdin), "standard input", nil
	}
	file, err := os.Open(o.in)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", errInput, err)
	}
	return file, o.in, nil
}

// write writes all images in a format.
func (o *decodeOptions) write(w io.Writer, codes *codeStream, format string) error {
	switch format {
	case formatPNG:
		img, err := o.grid(codes)
		if err != nil {
			return err
		}
		return picture.EncodePNG(w, img)
	case string(vectors.NPY):
		return writePixelArray(w, codes)
	}
	out, err := vectors.NewWriter(w, vectors.Format(format), 0)
	if err != nil {
		return err
	}
	values := make([]float64, codes.view.Values())
	err = codes.each(func(pixels []float32) error {
		for i, v := range pixels {
			values[i] = float64(v)
		}
		return out.Write([]vectors.Field{{Name: "pixel", Values: values, Vector: true}})
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// grid puts all images on one picture.
func (o *decodeOptions) grid(codes *codeStream) (image.Image, error) {
	var all []float32
	err := codes.each(func(pixels []float32) error {
		if codes.count >= maxSamples {
			return &usageError{
				err:  fmt.Errorf("%s has more than %d codes, too many for one picture", codes.name, maxSamples),
				hint: "--format npy, csv or jsonl writes any number",
			}
		}
		all = append(all, pixels...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	size := codes.view.Shape()
	gap := o.gap
	if gap == 0 {
		gap = -1 // which a grid takes for none
	}
	img, err := picture.Grid(all, size, picture.Options{Columns: o.columns, Scale: o.scale, Gap: gap})
	if err != nil {
		return nil, fmt.Errorf("picture of %s: %w", words.Counted(codes.count, "image"), err)
	}
	return img, nil
}

// writePixelArray writes float32 pixels, [images, pixels]. The header comes
// first and says how many there are, so they wait in a temporary file.
func writePixelArray(w io.Writer, codes *codeStream) (err error) {
	file, err := os.CreateTemp("", "vaectl-decode-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	buffered := bufio.NewWriter(file)
	row := make([]byte, 0, 4*codes.view.Values())
	err = codes.each(func(pixels []float32) error {
		row = row[:0]
		for _, v := range pixels {
			row = binary.LittleEndian.AppendUint32(row, math.Float32bits(v))
		}
		_, err := buffered.Write(row)
		return err
	})
	if err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := npy.WriteHeader(w, npy.Header{Type: "<f4", Shape: []int{codes.count, codes.view.Values()}}); err != nil {
		return err
	}
	_, err = io.Copy(w, file)
	return err
}

// codeStream decodes codes as they are read.
type codeStream struct {
	ctx    context.Context
	view   view
	reader vectors.Reader
	name   string
	count  int // of the images so far
	// labelled codes come with a label each.
	hasLabels bool
}

// decodeRows is the number of codes decoded at a time: enough for compiling
// the graph not to matter.
const decodeRows = 1000

// each calls use with the pixels of every image.
func (c *codeStream) each(use func(pixels []float32) error) error {
	for {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		z, labels, err := c.next()
		if err != nil {
			return err
		}
		if len(z) == 0 {
			break
		}
		if labels == nil {
			labels = c.view.labels(len(z) / c.view.Latents())
		}
		means, err := c.view.Decode(vae.Codes{Z: z, Labels: labels})
		if err != nil {
			return err
		}
		for ; len(means) > 0; means = means[c.view.Values():] {
			if err := use(means[:c.view.Values()]); err != nil {
				return err
			}
			c.count++
		}
	}
	if c.count == 0 {
		return fmt.Errorf("%w: %s has no codes", vectors.ErrFormat, c.name)
	}
	return nil
}

// next reads as many codes as are decoded at a time, with their labels where
// they have them; none are the end.
func (c *codeStream) next() (z []float64, labels []int, err error) {
	latents := c.view.Latents()
	z = make([]float64, 0, decodeRows*latents)
	row := make([]float64, latents, latents+1)
	if c.hasLabels {
		row = row[:latents+1]
	}
	for range decodeRows {
		err := c.reader.Read(row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		z = append(z, row[:latents]...)
		if !c.hasLabels {
			continue
		}
		label := int(row[latents])
		if float64(label) != row[latents] || label < 0 || label >= c.view.Classes() {
			return nil, nil, fmt.Errorf("%w: %s, code %d: label %g, want a whole number from 0 to %d", vectors.ErrFormat, c.name, c.count+len(labels), row[latents], c.view.Classes()-1)
		}
		labels = append(labels, label)
	}
	return z, labels, nil
}
