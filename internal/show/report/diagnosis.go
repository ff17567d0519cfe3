package report

import (
	"context"
	"fmt"

	"vaectl/internal/draw/page"
	"vaectl/internal/show/words"
	"vaectl/vae"
)

// diagnosis is how the codes of a run's images lie.
type diagnosis struct {
	vae.Diagnosis
	layers int
	// noDensity of the prior: its KL is that of a Gaussian in its place.
	noDensity bool
}

// diagnose says how the codes of a run's images lie; nil where that cannot be
// had.
func (r *Run) diagnose(ctx context.Context) *diagnosis {
	if r.NoImages != nil {
		return nil
	}
	e, err := r.evaluate(ctx)
	if err != nil {
		return nil
	}
	d, err := r.Diagnose(ctx, r.Images.Reader, e, r.seed(), nil)
	if err != nil {
		return nil
	}
	return &diagnosis{Diagnosis: d, layers: 1 + len(e.Lower), noDensity: e.Bound.NoDensity}
}

// diagnosisTable has the figures of how codes lie, a column a run; nil where
// there are none.
func diagnosisTable(ctx context.Context, runs []*Run) *page.Table {
	var found []*diagnosis
	some := false
	for _, r := range runs {
		d := r.diagnose(ctx)
		found = append(found, d)
		some = some || d != nil
	}
	if !some {
		return nil
	}
	t := &page.Table{Columns: runColumns(runs, "", false)}
	if len(runs) == 1 {
		t.Columns[1].Title = ""
	}
	for _, line := range []struct {
		label, note string
		cell        func(*diagnosis) string
	}{
		{"mutual information", "what codes say of their images, in nats; no more than the logarithm of the number of images", func(d *diagnosis) string {
			text := fmt.Sprintf("%.2f of at most ln %d = %.2f", d.Information, d.Images, d.InformationCap)
			if d.layers == 2 {
				text += ", of both layers"
			} else if d.layers > 2 {
				text += ", of all layers"
			}
			return text
		}},
		{"marginal KL", "KL(q(z) || p(z)) of all codes together, in nats: the KL less the mutual information", func(d *diagnosis) string {
			if d.noDensity {
				return words.Nats(d.MarginalKL) + ", to the Gaussian in the prior’s place"
			}
			return words.Nats(d.MarginalKL)
		}},
		{"Kolmogorov-Smirnov distance", "of the latent that is the furthest from its prior", func(d *diagnosis) string {
			dimension, distance := d.WorstKS()
			return fmt.Sprintf("%.3f, z%d; by chance up to %.3f", distance, dimension, d.KSLevel)
		}},
		{"median of these distances", "", func(d *diagnosis) string { return fmt.Sprintf("%.3f", d.MedianKS()) }},
		{"MMD squared", "maximum mean discrepancy of all latents together; by chance within 3 standard deviations of 0", func(d *diagnosis) string {
			if d.MMD == nil {
				return ""
			}
			return fmt.Sprintf("%.2g, %.1f standard deviations", d.MMD.Squared, d.MMD.Deviations())
		}},
	} {
		row := page.Row{Label: line.label, Note: line.note}
		for _, d := range found {
			cell := ""
			if d != nil {
				cell = line.cell(d)
			}
			row.Cells = append(row.Cells, words.OrNone(cell))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
