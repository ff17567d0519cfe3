package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vaectl/data"
	"vaectl/internal/format/raster"
	"vaectl/internal/printable"
	"vaectl/train/rundir"
)

// checkFiles refuses flags about data sets, more of which may be named, where the images are
// in files.
func (o *splitOptions) checkFiles(more ...string) error {
	for _, flag := range append([]string{"--split", "--dataset", "--data-dir"}, more...) {
		if o.settings.flags.Changed(strings.TrimLeft(flag, "-")) {
			return usagef("%s is about data sets, and the images are in files", flag)
		}
	}
	return nil
}

// fromFiles reads pictures, and those in folders, all of them before it returns any. The
// paths are those of the images.
func (o *splitOptions) fromFiles(ctx context.Context, v view, args []string) (s inputImages, paths []string, err error) {
	wanted, err := o.data(v.runModel)
	if err != nil {
		return inputImages{}, nil, err
	}
	how, err := preparation(wanted)
	if err != nil {
		return inputImages{}, nil, err
	}
	if paths, err = pictureFiles(args); err != nil {
		return inputImages{}, nil, err
	}
	split := &data.Split{Count: len(paths), Shape: v.Shape()}
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return inputImages{}, nil, err
		}
		pixels, err := readPicture(path, how, split.Shape)
		if err != nil {
			return inputImages{}, nil, err
		}
		split.Bytes = append(split.Bytes, pixels...)
	}
	reader, err := data.NewReader(split, data.Binarization(wanted.Binarize), v.engine)
	return inputImages{images: split, reader: reader, binarize: wanted.Binarize}, paths, err
}

// beforePictures says where a command wants the run, if pictures stand in its place.
func beforePictures(err error, args []string) error {
	if !errors.Is(err, rundir.ErrNoRun) {
		return err
	}
	if _, missing := os.Stat(first(args)); missing != nil {
		return err
	}
	return &hintedError{err, "the run stands before the pictures: RUN " + printable.Word(first(args))}
}

// pictureFiles replaces folders by the pictures in and below them, in the order of
// their paths. Hidden files and files that are no pictures are passed over there; a
// file that is named itself must be one.
func pictureFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errInput, err)
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		inside, err := picturesIn(arg)
		if err != nil {
			return nil, fmt.Errorf("%w: folder %s: %w", errInput, arg, err)
		}
		if len(inside) == 0 {
			return nil, fmt.Errorf("%w: folder %s has no picture", errInput, arg)
		}
		files = append(files, inside...)
	}
	return files, nil
}

func picturesIn(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != folder && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		// A link counts if it leads to a file; what it leads to is never walked.
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return nil
		}
		start, err := startOf(path)
		if err == nil && raster.Kind(start) != "" {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// startOf reads the bytes that tell the kind of a picture.
func startOf(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, 16))
}

// readPicture reads a picture file as an image of a shape.
func readPicture(path string, how data.Preparation, shape data.Shape) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInput, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: image %s is not a regular file", errInput, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInput, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, raster.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInput, err)
	}
	pixels, err := how.Picture(content, shape)
	if err != nil {
		return nil, fmt.Errorf("%w: image %s: %w", errInput, path, err)
	}
	return pixels, nil
}
