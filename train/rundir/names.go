package rundir

import (
	"path"
	"path/filepath"
	"strings"

	"vaectl/internal/printable"
)

// Names of checkpoints.
const (
	Last = "last"
	Best = "best"
)

// What lies in a run directory. Paths inside it are written with slashes.
const (
	configFile  = "config.yaml"
	recordFile  = "run.json"
	metricsFile = "metrics.jsonl"
	lockFile    = ".lock"

	checkpointFolder = "checkpoints"
	samplesFolder    = "samples"
	eventsFolder     = "events"

	optimizerSuffix = ".optimizer.safetensors"
	weightsSuffix   = ".safetensors"
)

// Files lists the files of a run that are read to show it, relative to its directory.
func Files() []string {
	return []string{configFile, recordFile, metricsFile, lockFile, CheckpointFile(Last), CheckpointFile(Best)}
}

// CheckpointFile is where the weights of a checkpoint, [Last] or [Best], lie in a run directory.
func CheckpointFile(checkpoint string) string {
	return path.Join(checkpointFolder, checkpoint+weightsSuffix)
}

// CheckName refuses names that would not keep a run inside the folder that holds it, or that a terminal could not show: [ErrName].
func CheckName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\:`+"\x00") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") ||
		printable.Text(name) != name {
		return failure(ErrName, "choose a name such as first-try", "run name %q: must be one plain folder name", name)
	}
	return nil
}

// nameOf is how the run of a directory is called where people read it.
func nameOf(dir string) string { return printable.Text(filepath.Base(dir)) }
