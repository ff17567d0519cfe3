package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// SamplesDir is the folder of a run's pictures, made where it is missing.
func SamplesDir(dir string) (string, error) { return subfolder(dir, samplesFolder) }

// EventsDir is the folder of a run's TensorBoard files, made where it is missing.
func EventsDir(dir string) (string, error) { return subfolder(dir, eventsFolder) }

// subfolder refuses a link, through which files would be written elsewhere.
func subfolder(dir, name string) (string, error) {
	folder := filepath.Join(dir, name)
	err := os.Mkdir(folder, 0o777)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("run %s: folder %s: %w", dir, name, err)
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return "", fmt.Errorf("run %s: folder %s: %w", dir, name, err)
	}
	if !info.IsDir() {
		return "", failure(ErrDamaged, "remove it, or name another file with --out", "run %s: %s is not a folder (%v)", dir, name, info.Mode().Type())
	}
	return folder, nil
}

// ReadSample reads a picture of a run.
func ReadSample(dir, name string) ([]byte, error) {
	return readAll(directory(dir), path.Join(samplesFolder, name))
}
