package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"time"
	"vaectl/data"

	"vaectl/internal/printable"
)

// Status of a run.
const (
	Running     = "running"
	Finished    = "finished"
	Paused      = "paused" // after the epoch it was asked to stop after
	Interrupted = "interrupted"
	Diverged    = "diverged"
	Failed      = "failed"
	// Killed is shown for a run whose record says running while no process
	// holds its lock.
	Killed = "killed"
)

// Record is what run.json holds.
type Record struct {
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Commit  string    `json:"commit,omitempty"` // of the program's source, where its build knew it
	Argv    []string  `json:"argv"`
	Seed    uint64    `json:"seed"`
	Status  string    `json:"status"`
	Error   string    `json:"error,omitempty"`
	Started time.Time `json:"started"`
	Updated time.Time `json:"updated"`
	Seconds float64   `json:"seconds"` // spent training, all processes together
	Prior   string    `json:"prior"`
	// Likelihood is empty in the records of runs that had no choice: bernoulli.
	Likelihood string  `json:"likelihood,omitempty"`
	Dataset    Dataset `json:"dataset"`
	// Origin is where the first weights came from; nil where they were drawn.
	Origin *Origin `json:"init_from,omitempty"`
	// Imported is the file that the weights were taken from; nil where they were
	// trained here.
	Imported *Imported `json:"imported,omitempty"`
	Machine  Machine   `json:"machine"`
	Epochs   int       `json:"epochs"`            // asked for
	Epoch    int       `json:"epoch"`             // evaluated
	Step     uint64    `json:"step"`              // of the last checkpoint
	Figures  *Figures  `json:"figures,omitempty"` // of the last evaluation
	BestLoss float64   `json:"best_loss,omitempty"`
	Best     int       `json:"best_epoch,omitempty"`
	Test     *Figures  `json:"test,omitempty"` // at the end of a run with validation images
	// StoppedEarly: train.patience ended the run before its epochs.
	StoppedEarly bool      `json:"stopped_early,omitempty"`
	Warnings     []Warning `json:"warnings,omitempty"`
}

// Dataset says what a run was trained on.
type Dataset struct {
	Name       string `json:"name"`
	Source     string `json:"source"`
	Digest     string `json:"digest"` // SHA-256 of the content
	Substitute bool   `json:"substitute"`
	Warning    string `json:"warning,omitempty"`
	Train      int    `json:"train_images"`                // trained on
	Validation int    `json:"validation_images,omitempty"` // held out of the training images
	Test       int    `json:"test_images"`
	Height     int    `json:"height"`
	Width      int    `json:"width"`
	// Channels is 0 in the records of earlier versions, for 1.
	Channels int    `json:"channels,omitempty"`
	Binarize string `json:"binarize"`
	// Binary is true of images that are black and white as they lie in their files.
	Binary bool `json:"binary,omitempty"`
	// Classes is the number of labels, 0 where images have none, or in the
	// records of earlier versions.
	Classes int `json:"classes,omitempty"`
	// ClassNames are those of the labels, where somebody gave them any.
	ClassNames []string `json:"class_names,omitempty"`
}

// Shape is that of the images.
func (d Dataset) Shape() data.Shape {
	return data.Shape{Height: d.Height, Width: d.Width, Channels: max(1, d.Channels)}
}

// Origin says which weights a run started from.
type Origin struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`          // that it was evaluated after
	SHA256     string `json:"weights_sha256"` // of the weights file
}

// Imported says which file of another program the weights of a run are from.
type Imported struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Machine says what a run was trained on.
type Machine struct {
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPUs    int    `json:"cpus"`
	Threads int    `json:"threads"`
	Kernel  string `json:"kernel"`
	Go      string `json:"go"`
}

// Warning is what a user should know about a training that did what it was asked to. As
// an error it says that something went wrong that training does not depend on.
type Warning struct {
	Code string `json:"code"` // says what kind it is; see package train
	Text string `json:"text"` // a sentence without its full stop
}

func (w Warning) Error() string { return w.Text }

// Warn keeps a warning, in place of an older one of its code.
func (r *Record) Warn(w Warning) {
	r.Warnings = append(without(r.Warnings, w.Code), w)
}

func without(warnings []Warning, code string) []Warning {
	var kept []Warning
	for _, w := range warnings {
		if w.Code != code {
			kept = append(kept, w)
		}
	}
	return kept
}

// readRecord reads run.json. Text in it that a terminal could not show is
// escaped: nothing of it names a file.
func readRecord(s source) (Record, error) {
	var r Record
	text, err := readAll(s, recordFile)
	if errors.Is(err, fs.ErrNotExist) {
		return r, failure(ErrNoRun, "`vaectl runs` lists the runs there are", "%s is not a run directory: it has no %s", s, recordFile)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, failure(ErrDamaged, "", "run %s: %s: %w", s, recordFile, err)
	}
	for _, f := range []*Figures{r.Figures, r.Test} {
		if err := f.check(); err != nil {
			return r, failure(ErrDamaged, "", "run %s: %s: %w", s, recordFile, err)
		}
	}
	escape(reflect.ValueOf(&r).Elem())
	return r, nil
}

// escape makes all text in a value printable.
func escape(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(printable.Text(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			escape(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			escape(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				escape(v.Field(i))
			}
		}
	}
}

// encodeRecord is the content of run.json.
func encodeRecord(r Record) ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", recordFile, err)
	}
	return append(text, '\n'), nil
}
