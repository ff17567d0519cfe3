package configs

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed *.yaml
var presetFiles embed.FS

const presetExtension = ".yaml"

// Presets lists the names of the configurations that come with the program, sorted.
func Presets() []string {
	// The pattern is a constant of good syntax, the only thing Glob can fail on.
	files, _ := fs.Glob(presetFiles, "*"+presetExtension)
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(path.Base(file), presetExtension)
	}
	slices.Sort(names)
	return names
}

// PresetText is the preset's file: the settings that differ from the defaults, with the reason for each. The error, for a name that is
// none of Presets, names the nearest one and wraps ErrInvalid.
func PresetText(name string) (string, error) {
	if !slices.Contains(Presets(), name) {
		return "", fmt.Errorf("%w: no preset %q among %s%s", ErrInvalid, name, strings.Join(Presets(), ", "), suggestion(name, Presets()))
	}
	text, err := presetFiles.ReadFile(name + presetExtension)
	if err != nil {
		return "", fmt.Errorf("read preset %s: %w", name, err)
	}
	return string(text), nil
}

// Load reads a preset by its name or else a file by its path, over the defaults. What has a path separator is always a file.
// Errors wrap ErrInvalid, and the file's own error where there is one. The result is not validated: flags may still change it.
func Load(nameOrFile string) (Config, error) {
	if slices.Contains(Presets(), nameOrFile) {
		text, err := PresetText(nameOrFile)
		if err != nil {
			return Config{}, err
		}
		return Parse(strings.NewReader(text), nameOrFile+presetExtension)
	}
	file, err := os.Open(nameOrFile)
	if errors.Is(err, fs.ErrNotExist) && (nameOrFile == "" || nameOrFile == filepath.Base(nameOrFile)) {
		return Config{}, fmt.Errorf("%w: %q is neither a file nor one of the presets %s%s",
			ErrInvalid, nameOrFile, strings.Join(Presets(), ", "), suggestion(nameOrFile, Presets()))
	}
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	defer func() { _ = file.Close() }() // only read from: nothing is lost when closing fails
	c, err := Parse(file, nameOrFile)
	if err != nil && !errors.Is(err, ErrInvalid) {
		return Config{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return c, err
}
