package sweep

import (
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"

	"vaectl/train/rundir"
)

// Row is a trial with what it came to, as --csv and --json write it. Losses are in nats per image.
type Row struct {
	Trial  int               `json:"trial"`
	Run    string            `json:"run"`
	Point  int               `json:"point"`
	Seed   uint64            `json:"seed"`
	Values map[string]string `json:"settings"` // one a variable
	Status Status            `json:"status"`
	Epoch  int               `json:"epoch"`
	// Cut is the epoch after which halving gave the trial up; 0 where it did not.
	Cut int `json:"cut_after,omitempty"`
	// Value is the judged figure; nil where there is none.
	Value          *float64 `json:"value"`
	Loss           *float64 `json:"loss_nats"`
	Reconstruction *float64 `json:"reconstruction_nats"`
	KL             *float64 `json:"kl_nats"`
	ActiveUnits    *int     `json:"active_units"`
	Seconds        float64  `json:"seconds"`
	Error          string   `json:"error,omitempty"`
}

// Rows lists all trials in the order of their numbers.
func (f *File) Rows(states []State) []Row {
	var rows []Row
	for _, score := range f.Plan(states) {
		for _, s := range score.States {
			rows = append(rows, f.Row(score, s))
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return a.Trial - b.Trial })
	return rows
}

// Row is one trial of a point.
func (f *File) Row(score Score, s State) Row {
	r := Row{
		Trial: s.Trial.Index, Run: s.Run, Point: score.Point, Seed: s.Trial.Seed, Values: map[string]string{}, Status: s.Status,
		Epoch: s.Epoch, Cut: score.Cut, Seconds: s.Record.Seconds,
	}
	for i, c := range s.Trial.Choices {
		r.Values[f.Variables[i].Name] = c.Label
	}
	if e, ok := s.At(f.Judge, score.Epochs); ok {
		r.take(f.Judge, e)
	}
	if s.Err != nil {
		r.Error = s.Err.Error()
	}
	return r
}

func (r *Row) take(j Criterion, e rundir.EpochMetrics) {
	if v := j.Value(e); !math.IsNaN(v) {
		r.Value = &v
	}
	r.Loss, r.Reconstruction, r.KL, r.ActiveUnits = &e.NegBound, &e.Reconstruction, &e.KL, &e.ActiveUnits
}

// WriteCSV writes all trials, one a line below a line of names.
func (f *File) WriteCSV(w io.Writer, states []State) error {
	out := csv.NewWriter(w)
	head := append([]string{"trial", "run", "point", "seed"}, f.names()...)
	head = append(head, "status", "epoch", f.Judge.Figure, "loss_nats", "reconstruction_nats", "kl_nats", "active_units", "seconds")
	// Errors of csv.Writer stay until Flush.
	_ = out.Write(head)
	for _, r := range f.Rows(states) {
		cells := []string{strconv.Itoa(r.Trial), r.Run, strconv.Itoa(r.Point), strconv.FormatUint(r.Seed, 10)}
		for _, v := range f.Variables {
			cells = append(cells, r.Values[v.Name])
		}
		cells = append(cells, string(r.Status), strconv.Itoa(r.Epoch), numberText(r.Value), numberText(r.Loss), numberText(r.Reconstruction), numberText(r.KL))
		active := ""
		if r.ActiveUnits != nil {
			active = strconv.Itoa(*r.ActiveUnits)
		}
		_ = out.Write(append(cells, active, strconv.FormatFloat(r.Seconds, 'f', 1, 64)))
	}
	out.Flush()
	return out.Error()
}

func numberText(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}
