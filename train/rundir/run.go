package rundir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"vaectl/configs"
)

// Run is a run that is read: its record as it was when it was opened, and the
// way to everything else in its directory.
type Run struct {
	Record Record
	files  source
}

// Open opens the run in a directory. A directory without a record is [ErrNoRun].
// A record that says running while nobody trains is shown as [Killed].
func Open(dir string) (*Run, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, failure(ErrNoRun, "`vaectl runs` lists the runs there are", "no run in %s", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", dir, err)
	}
	r := &Run{files: directory(dir)}
	if r.Record, err = readRecord(r.files); err != nil {
		return nil, err
	}
	if r.Record.Status == Running && !InUse(dir) {
		r.Record.Status = Killed
	}
	return r, nil
}

// OpenFS opens a run that is stored in a file system, such as one embedded in a
// program. The name stands for it in errors.
func OpenFS(files fs.FS, name string) (*Run, error) {
	r := &Run{files: storedFS{files, name}}
	var err error
	if r.Record, err = readRecord(r.files); err != nil {
		return nil, err
	}
	if r.Record.Status == Running {
		r.Record.Status = Killed
	}
	return r, nil
}

// Dir is the path of the run directory.
func (r *Run) Dir() string { return r.files.String() }

// Name is how the run is called where people read it: the name of its directory.
func (r *Run) Name() string { return nameOf(r.Dir()) }

// Config reads the run's resolved configuration.
func (r *Run) Config() (configs.Config, error) { return readConfig(r.files) }

// Metrics reads the run's metrics. A last line that is not whole, as a training
// under way may show, is left out.
func (r *Run) Metrics() (Metrics, error) { return readMetrics(r.files) }

func readConfig(s source) (configs.Config, error) {
	f, err := open(s, configFile)
	if errors.Is(err, fs.ErrNotExist) {
		return configs.Config{}, failure(ErrDamaged, "", "run %s: it has no %s", s, configFile)
	}
	if err != nil {
		return configs.Config{}, err
	}
	defer f.Close()
	c, err := configs.Parse(io.NewSectionReader(f, 0, f.size()), configFile)
	if err == nil {
		err = configs.Validate(c)
	}
	if err != nil {
		return configs.Config{}, failure(ErrDamaged, "", "run %s: %v", s, err)
	}
	return c, nil
}
