package train

import "path/filepath"

// CheckpointFile is the path of the weights of a run's checkpoint, [Last] or [Best].
func CheckpointFile(dir, checkpoint string) string {
	return filepath.Join(dir, checkpointDir, checkpoint+weightsSuffix)
}

// Files lists the files of a run directory that are read to show the run, with
// paths relative to the directory.
func Files() []string {
	return []string{configFile, recordFile, metricsFile, lockFile, CheckpointFile("", Last), CheckpointFile("", Best)}
}
