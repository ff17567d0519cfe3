package main

import (
	"context"
	"fmt"

	"vaectl/internal/draw/page"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// evaluate evaluates a run on its images, once for all that ask.
func (r *reported) evaluate(ctx context.Context) (vae.Evaluation, error) {
	if r.evaluation == nil {
		e, err := r.Evaluate(ctx, r.images.reader, r.seed)
		if err != nil {
			return e, err
		}
		r.evaluation = &e
	}
	return *r.evaluation, nil
}

// diagnose says how the codes of a run's images lie; nil where that cannot be
// had.
func (r *reported) diagnose(ctx context.Context) *diagnosisFigures {
	if r.noImages != nil {
		return nil
	}
	e, err := r.evaluate(ctx)
	if err != nil {
		return nil
	}
	d, err := r.Diagnose(ctx, r.images.reader, e, r.seed, nil)
	if err != nil {
		return nil
	}
	f := figures{Measures: rundir.NewMeasures(e)}
	f.diagnosed(&d)
	return f.diagnosisFigures
}

// diagnosisTable has the figures of how codes lie, a column a run; nil where
// there are none.
func diagnosisTable(ctx context.Context, runs []*reported) *page.Table {
	var found []*diagnosisFigures
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
		cell        func(*diagnosisFigures) string
	}{
		{"mutual information", "what codes say of their images, in nats; no more than the logarithm of the number of images", func(d *diagnosisFigures) string {
			text := fmt.Sprintf("%.2f of at most ln %d = %.2f", d.Information, d.images, d.InformationCap)
			if d.layers == 2 {
				text += ", of both layers"
			}
			return text
		}},
		{"marginal KL", "KL(q(z) || p(z)) of all codes together, in nats: the KL less the mutual information", func(d *diagnosisFigures) string {
			if d.noDensity {
				return nats(d.MarginalKL) + ", to the Gaussian in the prior’s place"
			}
			return nats(d.MarginalKL)
		}},
		{"Kolmogorov-Smirnov distance", "of the latent that is the furthest from its prior", func(d *diagnosisFigures) string {
			return fmt.Sprintf("%.3f, z%d; by chance up to %.3f", d.WorstKS, d.WorstKSDimension, d.KSLevel)
		}},
		{"median of these distances", "", func(d *diagnosisFigures) string { return fmt.Sprintf("%.3f", d.MedianKS) }},
		{"MMD squared", "maximum mean discrepancy of all latents together; by chance within 3 standard deviations of 0", func(d *diagnosisFigures) string {
			if d.mmdFigures == nil {
				return ""
			}
			return fmt.Sprintf("%.2g, %.1f standard deviations", d.Squared, d.Deviations)
		}},
	} {
		row := page.Row{Label: line.label, Note: line.note}
		for _, d := range found {
			cell := ""
			if d != nil {
				cell = line.cell(d)
			}
			row.Cells = append(row.Cells, orDash(cell))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
