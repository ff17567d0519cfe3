package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/format/atomicfile"
	"vaectl/loss"
	"vaectl/vae"
)

// Status of a run.
const (
	Running     = "running"
	Finished    = "finished"
	Interrupted = "interrupted"
	Diverged    = "diverged"
	Failed      = "failed"
	// Killed is shown for a run whose record says running while no process
	// holds its lock.
	Killed = "killed"
)

const (
	configFile  = "config.yaml"
	recordFile  = "run.json"
	metricsFile = "metrics.jsonl"
	lockFile    = ".lock"
	samplesDir  = "samples"
)

// Record is what run.json holds.
type Record struct {
	Name    string    `json:"name"`
	Version string    `json:"version"`
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
	Origin   *Origin  `json:"init_from,omitempty"`
	Machine  Machine  `json:"machine"`
	Epochs   int      `json:"epochs"`            // asked for
	Epoch    int      `json:"epoch"`             // evaluated
	Step     uint64   `json:"step"`              // of the last checkpoint
	Figures  *Figures `json:"figures,omitempty"` // of the last evaluation
	BestLoss float64  `json:"best_loss,omitempty"`
	Best     int      `json:"best_epoch,omitempty"`
	Test     *Figures `json:"test,omitempty"` // at the end of a run with validation images
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
	Binarize   string `json:"binarize"`
	// Classes is the number of labels, 0 where images have none, or in the
	// records of earlier versions.
	Classes int `json:"classes,omitempty"`
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

func describeData(s *data.Set, binarize string) Dataset {
	return Dataset{
		Name: s.Name, Source: s.Source, Digest: s.Digest, Substitute: s.Substitute, Warning: s.Warning,
		Train: s.Train.Count, Validation: s.Validation.Count, Test: s.Test.Count, Height: s.Train.Height, Width: s.Train.Width, Binarize: binarize, Classes: s.ClassCount(),
	}
}

func describeMachine(e *kernel.Engine) Machine {
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		Threads: e.Threads(), Kernel: e.Kernel(), Go: runtime.Version(),
	}
}

// Run is a run directory this process trains in. It is locked against others
// until [Run.Close].
type Run struct {
	dir    string
	lock   *flock.Flock
	config configs.Config
	record Record
	fresh  bool // created by this process and nothing trained yet
}

// Dir is the path of the run directory.
func (r *Run) Dir() string { return r.dir }

// Config is the resolved configuration of the run.
func (r *Run) Config() configs.Config { return r.config }

// Record is what run.json says.
func (r *Run) Record() Record { return r.record }

// Close gives the run directory free for other processes.
func (r *Run) Close() error {
	if err := r.lock.Close(); err != nil {
		return fmt.Errorf("run %s: %w", r.dir, err)
	}
	return nil
}

// checkName keeps runs inside the folder that holds them.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\:`+"\x00") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") {
		return failure(ErrSettings, "choose a name such as first-try", "run name %q: must be one plain folder name", name)
	}
	return nil
}

// Create makes the directory of a new run, root/name, and locks it. A run that
// is there already is [ErrExists] unless replace is set; it is then removed,
// but not while another process trains in it.
func Create(root, name string, replace bool, c configs.Config) (*Run, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	dir := filepath.Join(root, name)
	if err := makeRoom(dir, name, replace); err != nil {
		return nil, err
	}
	for _, d := range []string{root, dir, filepath.Join(dir, checkpointDir), filepath.Join(dir, samplesDir)} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			return nil, fmt.Errorf("run %s: %w", name, err)
		}
	}
	r, err := lockRun(dir)
	if err != nil {
		return nil, err
	}
	r.config = c
	r.fresh = true
	return r, nil
}

// Check reports what would keep [Create] and [Run.Train] from training c on d
// in root/name, without touching anything. d may be nil when it is not at hand
// yet. It lets a caller find out before an expensive load, and before Create
// removes the run it replaces.
func Check(root, name string, replace bool, c configs.Config, d *data.Set) error {
	if err := checkName(name); err != nil {
		return err
	}
	if _, err := checkRoom(filepath.Join(root, name), name, replace); err != nil {
		return err
	}
	if d == nil {
		return nil
	}
	return checkData(c, d)
}

// checkRoom says whether something that may be removed stands where a run is
// to be made.
func checkRoom(dir, name string, replace bool) (occupied bool, err error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("run %s: %w", name, err)
	case !info.IsDir():
		return false, failure(ErrExists, "remove it or choose another --name", "run %s: %s is a file, not a directory", name, dir)
	case !replace:
		return false, failure(ErrExists, fmt.Sprintf("choose another --name, continue it with --resume %s, or replace it with --force", name), "run %s exists in %s", name, filepath.Dir(dir))
	}
	if _, err := os.Stat(filepath.Join(dir, recordFile)); err != nil {
		if entries, _ := os.ReadDir(dir); len(entries) > 0 && !onlyOurs(entries) {
			return false, failure(ErrExists, "choose another --name", "run %s: %s is not a run directory, so --force leaves it alone", name, dir)
		}
	}
	return true, nil
}

// makeRoom sees to it that nothing stands where a run is to be made.
func makeRoom(dir, name string, replace bool) error {
	occupied, err := checkRoom(dir, name, replace)
	if err != nil || !occupied {
		return err
	}
	old, err := lockRun(dir)
	if err != nil {
		return err
	}
	if err := old.Close(); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	return nil
}

// onlyOurs says that a directory without a record holds nothing but what
// creating a run leaves when it is cut short.
func onlyOurs(entries []fs.DirEntry) bool {
	for _, e := range entries {
		switch e.Name() {
		case lockFile, configFile, metricsFile, checkpointDir, samplesDir:
		default:
			return false
		}
	}
	return true
}

// Open locks the directory of an existing run to continue it.
func Open(dir string) (*Run, error) {
	record, err := ReadRecord(dir)
	if err != nil {
		return nil, err
	}
	r, err := lockRun(dir)
	if err != nil {
		return nil, err
	}
	r.record = record
	if r.config, err = ReadConfig(dir); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// ReadConfig reads a run's resolved configuration.
func ReadConfig(dir string) (configs.Config, error) {
	path := filepath.Join(dir, configFile)
	f, err := os.Open(path)
	if err != nil {
		return configs.Config{}, failure(ErrCheckpoint, "", "run %s: %w", dir, err)
	}
	defer f.Close()
	c, err := configs.Parse(f, path)
	if err == nil {
		err = configs.Validate(c)
	}
	if err != nil {
		return configs.Config{}, failure(ErrCheckpoint, "", "run %s: %v", dir, err)
	}
	return c, nil
}

// ReadRecord reads a run's record. A run whose process died says [Killed].
func ReadRecord(dir string) (Record, error) {
	var r Record
	path := filepath.Join(dir, recordFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, failure(ErrNoRun, "`vaectl runs` lists the runs there are", "%s is not a run directory: it has no %s", dir, recordFile)
	}
	if err != nil {
		return r, fmt.Errorf("run %s: %w", dir, err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, failure(ErrCheckpoint, "", "run %s: %s: %w", dir, recordFile, err)
	}
	if r.Status == Running && !inUse(dir) {
		r.Status = Killed
	}
	return r, nil
}

func (r *Run) writeConfig() error {
	return atomicfile.WriteFile(filepath.Join(r.dir, configFile), func(w io.Writer) error {
		return configs.WriteCommented(w, r.config)
	})
}

func (r *Run) writeRecord() error {
	return atomicfile.WriteFile(filepath.Join(r.dir, recordFile), func(w io.Writer) error {
		text, err := json.MarshalIndent(r.record, "", "  ")
		if err != nil {
			return err
		}
		_, err = w.Write(append(text, '\n'))
		return err
	})
}

// SamplesDir is the folder of a run's pictures.
func SamplesDir(dir string) string { return filepath.Join(dir, samplesDir) }

func priorText(m *vae.Model) string { return loss.Describe(m.Prior()) }
