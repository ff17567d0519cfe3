package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/format/atomicfile"
	"vaectl/internal/format/vectors"
	"vaectl/internal/show/words"
	"vaectl/vae"
)

// Groups of columns that encode writes.
const (
	columnIndex = "index"
	columnFile  = "file"
	columnLabel = "label"
	columnZ     = "z"
	columnMu    = "mu"
	columnSigma = "sigma"
	columnELBO  = "elbo"
)

// encodeColumns are the groups, in the order of the default.
func encodeColumns() []string {
	return []string{columnIndex, columnFile, columnLabel, columnZ, columnMu, columnSigma, columnELBO}
}

// encodeOptions are the flags of encode.
type encodeOptions struct {
	viewOptions
	split        splitOptions
	start, count int
	columns      []string
	format       string
	sample       bool
}

func (o *encodeOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.split.addFlag(cmd)
	flags.IntVar(&o.start, "start", 0, "index of the first `image`")
	flags.IntVarP(&o.count, "n", "n", 0, "how many images; 0 means all from the first one on")
	flags.StringSliceVar(&o.columns, "columns", nil, "what to write and in which order, of `"+strings.Join(encodeColumns(), ",")+"` (default: all but mu and sigma; NPY: z)")
	flags.BoolVar(&o.sample, "sample", false, "write a draw from the posterior as z instead of its mean")
	flags.StringVar(&o.format, "format", "", "`csv|jsonl|npy`: what to write (default: the ending of --out, or csv; with --json jsonl)")
	o.viewOptions.addFlags(cmd, "CSV, JSONL or NPY")
	flags.Lookup("out").Usage = "the CSV, JSONL or NPY `file` to write (default: standard output)"
	flags.Lookup("json").Usage = "without --out write JSONL; with it write the result as JSON; errors too"
	o.addSeed("the draws of z and of binary pixels")
	o.addLabel(cmd, "each image's own; images in files have none")
	o.split.addFields(cmd)
}

func newEncode(env environment) *cobra.Command {
	var o encodeOptions
	cmd := &cobra.Command{
		Use:   "encode [RUN [IMAGE|FOLDER...]]",
		Short: "Write the codes of images as CSV, JSONL or NPY",
		Long: "Write the code z of each image of a split, or of picture files and folders of them, with its label and the parts of its " +
			"negative ELBO in nats, at one draw of z. mu and sigma are those of the posterior, the Gaussian from which z is computed. " +
			"Pictures of any format and size are made to fit as --fit, --invert and --background tell (default: as for the run). " +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl encode > codes.csv\n" +
			"  vaectl encode deep --split train --columns z,label --out codes.npy\n" +
			"  vaectl encode deep photos/*.png | vaectl decode deep --out seen.png\n" +
			"  vaectl encode deep photos --fit crop --out codes.csv",
		GroupID: groupModels,
	}
	return withRunArguments(cmd, env, &o)
}

// encodeResult is what encode --out --json writes.
type encodeResult struct {
	pictureResult
	Dataset string   `json:"dataset,omitempty"`
	Split   string   `json:"split,omitempty"`
	Images  int      `json:"images"`
	Seed    uint64   `json:"seed"`
	Format  string   `json:"format"`
	Columns []string `json:"columns"`
	Sampled bool     `json:"sampled"`
	Notes   []string `json:"notes,omitempty"`
}

// encodedImages are what encode is told to encode.
type encodedImages struct {
	inputImages
	files        []string // none of a split
	first, count int
}

func (o *encodeOptions) run(ctx context.Context, env environment, args []string) error {
	format, err := o.outFormat()
	if err != nil {
		return err
	}
	if err := o.check(args); err != nil {
		return err
	}
	v, err := o.open(env, first(args))
	if err != nil {
		return beforePictures(err, args)
	}
	defer v.engine.Close()
	images, err := o.images(ctx, env, v, args[min(1, len(args)):])
	if err != nil {
		return err
	}
	if v, err = o.withChosenLabel(v); err != nil {
		return err
	}
	columns, err := o.chosenColumns(v, images, format)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return o.write(ctx, w, v, images, format, columns) }
	if o.out == "" {
		if format == vectors.NPY && env.isTerminal(env.stdout) {
			return &usageError{err: fmt.Errorf("NPY is not written to a terminal"), hint: "--out names a file"}
		}
		return write(unfiltered(env.stdout))
	}
	if err := atomicfile.WriteFile(o.out, write); err != nil {
		return err
	}
	r := encodeResult{
		pictureResult: o.result(v, o.out), Images: images.count, Seed: v.seed,
		Format: string(format), Columns: columns, Sampled: o.sample,
	}
	if images.files == nil {
		r.Dataset, r.Split, r.Notes = images.set.Name, o.split.name, o.split.notes(v.runModel, images.inputImages)
	}
	return o.report(env, r.pictureResult, r, fmt.Sprintf("codes of %s", words.Counted(images.count, "image")), r.Notes...)
}

// outFormat is the format that --format or the ending of --out names.
func (o *encodeOptions) outFormat() (vectors.Format, error) {
	switch {
	case o.format != "":
		format, ok := vectors.FormatNamed(o.format)
		if !ok {
			return "", usagef("--format %q: must be csv, jsonl or npy", o.format)
		}
		return format, nil
	case o.out != "":
		format, ok := vectors.FormatOf(o.out)
		if !ok {
			return "", &usageError{err: fmt.Errorf("--out %s: the name must end in .csv, .jsonl or .npy", o.out), hint: "or --format says what to write"}
		}
		return format, nil
	case o.json:
		return vectors.JSONL, nil
	}
	return vectors.CSV, nil
}

func (o *encodeOptions) check(args []string) error {
	for i, name := range o.columns {
		if !slices.Contains(encodeColumns(), name) {
			return usagef("--columns %q: must be of %s", name, strings.Join(encodeColumns(), ", "))
		}
		if slices.Contains(o.columns[:i], name) {
			return usagef("--columns %s: twice", name)
		}
	}
	if o.count < 0 {
		return usagef("-n %d: must not be negative", o.count)
	}
	if len(args) > 1 {
		if err := o.split.checkFiles("-n", "--start"); err != nil {
			return err
		}
	}
	return o.split.check()
}

// images are those of the files, or of a split where there are none.
func (o *encodeOptions) images(ctx context.Context, env environment, v view, files []string) (encodedImages, error) {
	if len(files) > 0 {
		s, paths, err := o.split.fromFiles(ctx, v, files)
		return encodedImages{inputImages: s, files: paths, count: len(paths)}, err
	}
	s, err := o.split.load(ctx, env, v.runModel, v.engine)
	if err != nil {
		return encodedImages{}, err
	}
	if err := o.split.checkIndex("--start", o.start, s); err != nil {
		return encodedImages{}, err
	}
	images := encodedImages{inputImages: s, first: o.start, count: s.images.Count - o.start}
	if o.count > 0 {
		images.count = min(images.count, o.count)
	}
	return images, nil
}

// chosenColumns are the groups of columns to write.
func (o *encodeOptions) chosenColumns(v view, images encodedImages, format vectors.Format) ([]string, error) {
	if o.columns == nil && format == vectors.NPY {
		// What decode wants: with the label last where it wants one.
		if v.Classes() > 0 && images.images.Labels != nil {
			return []string{columnZ, columnLabel}, nil
		}
		return []string{columnZ}, nil
	}
	missing := func(name string) bool {
		return name == columnLabel && images.images.Labels == nil || name == columnFile && images.files == nil
	}
	if o.columns == nil {
		return slices.DeleteFunc(encodeColumns(), func(name string) bool {
			return missing(name) || name == columnMu || name == columnSigma
		}), nil
	}
	for _, name := range o.columns {
		if missing(name) {
			return nil, usagef("--columns %s: these images have none", name)
		}
		if name == columnFile && format == vectors.NPY {
			return nil, usagef("--columns %s: NPY holds numbers only", name)
		}
	}
	return o.columns, nil
}

// encodeRows is the number of images encoded at a time: enough for compiling
// the graph not to matter.
const encodeRows = 2000

// write encodes and writes images a part at a time.
func (o *encodeOptions) write(ctx context.Context, w io.Writer, v view, images encodedImages, format vectors.Format, columns []string) error {
	out, err := vectors.NewWriter(w, format, images.count)
	if err != nil {
		return err
	}
	scorer, err := v.NewScorer(min(scoreRows, images.count))
	if err != nil {
		return err
	}
	for done := 0; done < images.count; done += encodeRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		at, n := images.first+done, min(encodeRows, images.count-done)
		batch := v.batch(images.inputImages, consecutive(at, n))
		posterior, err := v.Encode(batch)
		if err != nil {
			return err
		}
		scores, err := scorer.Score(batch, at, v.seed)
		if err != nil {
			return err
		}
		part := encodedPart{images: images, at: at, latents: v.Latents(), posterior: posterior, scores: scores, sample: o.sample}
		for i := range n {
			if err := out.Write(part.row(i, columns)); err != nil {
				return fmt.Errorf("image %d: %w", at+i, err)
			}
		}
	}
	return out.Close()
}

// encodedPart is what the model says about consecutive images.
type encodedPart struct {
	images    encodedImages
	at        int // index of the first
	latents   int
	posterior vae.Encoding
	scores    vae.Scores
	sample    bool
}

// row is what is written about the i-th image of the part.
func (p *encodedPart) row(i int, columns []string) []vectors.Field {
	of := func(values []float64) []float64 { return values[i*p.latents : (i+1)*p.latents] }
	var row []vectors.Field
	for _, name := range columns {
		field := vectors.Field{Name: name}
		switch name {
		case columnIndex:
			field.Values = []float64{float64(p.at + i)}
		case columnFile:
			field.Text = p.images.files[p.at+i]
		case columnLabel:
			field.Values = []float64{float64(p.images.images.Labels[p.at+i])}
		case columnZ:
			field.Vector, field.Values = true, of(p.posterior.Z)
			if p.sample {
				field.Values = of(p.scores.Z)
			}
		case columnMu:
			field.Vector, field.Values = true, of(p.posterior.Mean)
		case columnSigma:
			field.Vector, field.Values = true, of(p.posterior.Std)
		case columnELBO:
			reconstruction, kl := p.scores.Reconstruction[i], p.scores.KL[i]
			row = append(row,
				vectors.Field{Name: "neg_elbo_nats", Values: []float64{reconstruction + kl}},
				vectors.Field{Name: "reconstruction_nats", Values: []float64{reconstruction}},
				vectors.Field{Name: "kl_nats", Values: []float64{kl}})
			continue
		}
		row = append(row, field)
	}
	return row
}
