package report

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"vaectl/data"
	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/ranking"
	"vaectl/internal/show/words"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// The estimate of -log p(x) on a card is of so many images and draws of z: enough for
// an error below a nat.
const (
	cardImages  = 500
	cardSamples = 100
)

// Card is a model card: what somebody who is given a model should know before they use
// it. Checksums are SHA-256 by the names of files.
type Card struct {
	Run       *Run
	Program   string
	Checksums [][2]string // name and digest
}

// Write writes the card as Markdown. What needs the weights or the data set, and cannot
// be had, says why.
func (c Card) Write(ctx context.Context, w io.Writer) error {
	var text strings.Builder
	r := c.Run
	fmt.Fprintf(&text, "# Model card: %s\n\n", inline(r.Label))
	fmt.Fprintf(&text, "A variational autoencoder: %s.\n", inline(subtitle(r)))
	for _, section := range []func(context.Context, *strings.Builder) error{c.model, c.data, c.figures, c.match, c.limits, c.training, c.files} {
		text.WriteByte('\n')
		if err := section(ctx, &text); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// inline keeps text of others from being read as Markdown.
func inline(text string) string {
	return strings.NewReplacer("\\", `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", "|", `\|`, "\n", " ").Replace(text)
}

// facts writes a table of names and what they are; empty ones are left out.
func facts(text *strings.Builder, title string, rows ...[2]string) {
	fmt.Fprintf(text, "## %s\n\n| | |\n|---|---|\n", title)
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(text, "| %s | %s |\n", row[0], inline(row[1]))
		}
	}
}

func (c Card) model(_ context.Context, text *strings.Builder) error {
	r := c.Run
	rows := [][2]string{{"network", networkText(r)}, {"prior", r.Record.Prior}, {"likelihood", r.loss().Kind()}}
	if r.NoModel == nil {
		rows[1][1] = loss.Describe(r.Prior())
		rows[2][1] = r.Likelihood().Name()
		rows = append(rows, [2]string{"parameters", fmt.Sprint(len(r.Weights()))}, [2]string{"checkpoint", r.Checkpoint()})
	}
	facts(text, "Model", rows...)
	return nil
}

func (c Card) data(_ context.Context, text *strings.Builder) error {
	r, d := c.Run, c.Run.Record.Dataset
	counts := fmt.Sprintf("%d training", d.Train)
	if d.Validation > 0 {
		counts += fmt.Sprintf(", %d validation", d.Validation)
	}
	licence := "not known to vaectl: ask whoever made the images"
	if r.NoImages == nil && r.Images.Set.Licence != "" {
		licence = r.Images.Set.Licence
	} else if of := slices.IndexFunc(data.Catalogue(), func(e data.Entry) bool { return e.Name == d.Name }); of >= 0 {
		licence = data.Catalogue()[of].Licence
	}
	rows := [][2]string{
		{"data set", d.Name}, {"read from", d.Source}, {"images", fmt.Sprintf("%s and %d test images of %v", counts, d.Test, d.Shape())},
		{"pixels", words.Pixels(d.Binarize, d.Channels, d.Binary)}, {"SHA-256 of the content", d.Digest}, {"classes", strings.Join(d.ClassNames, ", ")}, {"licence of the data", licence},
	}
	if d.Substitute {
		rows = append(rows, [2]string{"substitute", d.Warning})
	}
	facts(text, "Data", rows...)
	return nil
}

func (c Card) figures(ctx context.Context, text *strings.Builder) error {
	r := c.Run
	f := r.figures()
	if f == nil {
		text.WriteString("## Figures\n\nThe run was not evaluated.\n")
		return nil
	}
	bound := r.loss()
	standard, err := r.standardErrors(ctx)
	if err != nil {
		return err
	}
	loss := standard.loss
	if f.Loss() != f.NegELBO {
		loss = nil // of a bound with several draws
	}
	rows := [][2]string{
		{"split", f.Split}, {"checkpoint, epoch", fmt.Sprintf("%s, %d", f.Checkpoint, f.Epoch)}, {"bound", "negative " + comparison.Bound(f).String()},
		{"loss", natsText(f.Loss(), loss)},
	}
	if bits, ok := bound.Bits(); ok {
		rows = append(rows, [2]string{"bits per dimension", fmt.Sprintf("%.3f", bits)})
	}
	rows = append(rows, [2]string{"reconstruction", natsText(f.Reconstruction, standard.reconstruction)}, [2]string{"KL", natsText(f.KL, standard.kl)},
		[2]string{"active units", fmt.Sprintf("%d of %d", f.ActiveUnits, len(f.AggregateMean))})
	if r.NoImages == nil && !f.NoDensity {
		nll, err := r.estimate(ctx)
		if err != nil {
			return err
		}
		rows = append(rows, [2]string{"estimate of -log " + comparison.Bound(f).Evidence(), fmt.Sprintf("%s ± %s nats per image (standard error over %d test images, %d draws each)",
			words.Nats(nll.Nats), words.Nats(nll.StdErr), nll.Images, nll.Samples)})
	}
	facts(text, "Figures", rows...)
	if standard.kl != nil {
		text.WriteString("\nAfter ± stands the standard error over the images of the split: what other images of the same kind would change.\n")
	}
	if r.NoImages != nil {
		fmt.Fprintf(text, "\nWithout the data set there is no estimate and no error: %s.\n", inline(r.NoImages.Error()))
	}
	return nil
}

// natsText is a figure in nats per image with its standard error, unless nil.
func natsText(value float64, err *float64) string {
	text := words.Nats(value)
	if err != nil {
		text += " ± " + words.Nats(*err)
	}
	return text + " nats per image"
}

// standardErrors are those of an evaluation's figures over its images.
type standardErrors struct{ loss, reconstruction, kl *float64 }

// sameLoss is how far the loss of the record may be from that of the images here, in
// nats, if they are the images that it is of.
const sameLoss = 0.01

// standardErrors measures them on the run's test images; it has none where the figures
// are not of these.
func (r *Run) standardErrors(ctx context.Context) (standardErrors, error) {
	f := r.figures()
	if r.NoImages != nil || f.Split != rundir.SplitTest {
		return standardErrors{}, nil
	}
	each, err := ranking.ByELBO(ctx, r.Model, r.Images.Reader, nil, r.seed(), nil)
	if err != nil || math.Abs(each.Mean-f.NegELBO) > sameLoss {
		return standardErrors{}, err
	}
	of := func(values []float64) *float64 {
		e := stat.StdErr(stat.StdDev(values, nil), float64(len(values)))
		return &e
	}
	return standardErrors{of(each.Values), of(each.Reconstruction), of(each.KL)}, nil
}

// estimate is that of -log p(x) on the first test images.
func (r *Run) estimate(ctx context.Context) (vae.NLL, error) {
	some := *r.Images.Split
	some.Count = min(some.Count, cardImages)
	reader, err := data.NewReader(&some, data.Binarization(r.Images.Binarize), r.Images.Engine)
	if err != nil {
		return vae.NLL{}, err
	}
	return r.NLL(ctx, reader, r.seed(), cardSamples, nil)
}

func (c Card) match(ctx context.Context, text *strings.Builder) error {
	table := diagnosisTable(ctx, []*Run{c.Run})
	if table == nil {
		text.WriteString("## How codes follow the prior\n\nNot measured: it takes the weights and the data set.\n")
		return nil
	}
	var rows [][2]string
	for _, row := range table.Rows {
		value := row.Cells[0]
		if row.Note != "" && value != "" {
			value += " (" + row.Note + ")"
		}
		rows = append(rows, [2]string{row.Label, value})
	}
	facts(text, "How codes follow the prior", rows...)
	return nil
}

func (c Card) limits(_ context.Context, text *strings.Builder) error {
	d := c.Run.Record.Dataset
	fmt.Fprintf(text, "## Limits\n\n- The model knows images of %v like those of %s and makes no others: what it encodes of anything else means little.\n", d.Shape(), inline(d.Name))
	text.WriteString("- Figures compare with those of the same split, bound, likelihood and binarisation only.\n" +
		"- A low loss is no measure of how samples look, and -log p(x) no test of whether an image is unusual.\n" +
		"- Images near those trained on can be drawn from it: it is as public as its training images may be.\n")
	for _, w := range c.Run.Record.Warnings {
		fmt.Fprintf(text, "- %s\n", inline(words.Sentence(w.Text)))
	}
	return nil
}

func (c Card) training(_ context.Context, text *strings.Builder) error {
	r := c.Run.Record
	rows := [][2]string{
		{"command", printable.Command(r.Argv)}, {"program", "vaectl " + r.Version + ", " + r.Machine.Go}, {"seed", fmt.Sprint(r.Seed)},
		{"epochs", fmt.Sprintf("%d of %d, %s", r.Epoch, r.Epochs, r.Status)}, {"time", words.Duration(r.Seconds)},
		{"machine", fmt.Sprintf("%s/%s, kernel %s on %s", r.Machine.OS, r.Machine.Arch, r.Machine.Kernel, words.Counted(r.Machine.Threads, "thread"))},
		{"begun", r.Started.UTC().Format("2006-01-02 15:04 UTC")},
	}
	if r.Imported != nil {
		rows = append(rows, [2]string{"weights imported from", r.Imported.File + ", SHA-256 " + r.Imported.SHA256})
	}
	facts(text, "Training", rows...)
	text.WriteString("\nTraining with the run's config.yaml repeats it.\n")
	return nil
}

func (c Card) files(_ context.Context, text *strings.Builder) error {
	text.WriteString("## Checksums\n\n")
	for _, f := range c.Checksums {
		fmt.Fprintf(text, "    %s  %s\n", f[1], f[0])
	}
	fmt.Fprintf(text, "\nSHA-256. Written by %s.\n", inline(c.Program))
	return nil
}
