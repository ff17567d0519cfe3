package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"vaectl/internal/hinted"
	"vaectl/internal/typo"
)

// autoName asks for MNIST if it can be had and for the built-in set otherwise.
const autoName = "auto"

// autoEntry is the catalogue set that auto tries for.
const autoEntry = "mnist"

// Load reads the data set that o names, downloading it if it must; the package
// comment says where it is looked for. An empty name is auto. Errors match
// ErrMissing, ErrDamaged or ErrUnknown, or are the context's.
//
// With auto, data that is there but damaged is an error, as is an o.Dir without
// data; only a set that cannot be had is replaced by the built-in one, and the Set
// says so.
func Load(ctx context.Context, o Options) (*Set, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s, done, err := load(ctx, o)
	if err != nil || done || !o.Preparation.changes(s.Train.Shape) {
		return s, err
	}
	return refit(ctx, s, o)
}

// load loads a set. prepared says whether it has been prepared as o says; otherwise
// it is as it lies in its files.
func load(ctx context.Context, o Options) (s *Set, prepared bool, err error) {
	switch strings.ToLower(o.Name) {
	case "", autoName:
		s, err = loadAuto(ctx, o)
		return s, false, err
	case builtinName:
		o.warnUnusedDir()
		return builtin(o), false, nil
	}
	if e, ok := find(o.entries(), o.Name); ok {
		s, err = loadEntry(ctx, e, o, false)
		return s, false, err
	}
	if looksLikePath(o.Name) {
		o.warnUnusedDir()
		return loadPath(ctx, o.Name, o)
	}
	return nil, false, unknown(o.Name, o.entries())
}

func (o Options) warnUnusedDir() {
	if o.Dir != "" {
		o.log().Warn("the data directory is not used by this data set", "dataset", o.Name, "data-dir", o.Dir)
	}
}

// IsPath reports whether Load takes a name for a path, and not for a data set that
// has a name of its own.
func IsPath(name string) bool {
	_, known := find(Catalogue(), name)
	return name != "" && !known && !strings.EqualFold(name, autoName) && !strings.EqualFold(name, builtinName) && looksLikePath(name)
}

// looksLikePath tells a path from a misspelt catalogue name.
func looksLikePath(name string) bool {
	if strings.ContainsRune(name, '/') || strings.ContainsRune(name, filepath.Separator) {
		return true
	}
	_, err := os.Stat(name)
	return err == nil
}

func unknown(name string, entries []Entry) error {
	known := []string{autoName, builtinName}
	for _, e := range entries {
		known = append(known, e.Name)
	}
	text := fmt.Sprintf("unknown data set %q", name)
	if near, ok := typo.Nearest(name, known); ok {
		text += fmt.Sprintf(", did you mean %q?", near)
	}
	return &hinted.Error{
		Kind:   ErrUnknown,
		Err:    errors.New(text),
		Advice: fmt.Sprintf("known are %s, or the path of a folder, an archive or a file of images", strings.Join(known, ", ")),
	}
}

// loadAuto takes whatever is in o.Dir, else MNIST, else the built-in set.
func loadAuto(ctx context.Context, o Options) (*Set, error) {
	e, ok := find(o.entries(), autoEntry)
	if !ok {
		return substitute(o, fmt.Errorf("the catalogue has no %s", autoEntry)), nil
	}
	if o.Dir != "" {
		return loadWhatever(ctx, e, o)
	}
	set, err := loadEntry(ctx, e, o, true)
	if errors.Is(err, ErrMissing) && ctx.Err() == nil {
		return substitute(o, err), nil
	}
	return set, err
}

// substitute is the built-in set, with the reason why it is not MNIST.
func substitute(o Options, reason error) *Set {
	s := builtin(o)
	s.Substitute = true
	s.Warning = fmt.Sprintf("this is NOT MNIST. It could not be had (%v), so the built-in set %q is used. "+
		"Its figures cannot be compared with MNIST's. To get MNIST: vaectl data get mnist, or --data-dir DIR with its four files",
		reason, builtinName)
	return s
}

// loadWhatever loads the set that is in o.Dir, MNIST or not: whoever names a
// directory means what is in it. Files in the shape of MNIST that are not MNIST are
// taken for a damaged copy.
func loadWhatever(ctx context.Context, e Entry, o Options) (*Set, error) {
	if err := checkDirectory(o.Dir); err != nil {
		return nil, err
	}
	dir, found, err := locateEntry(o.Dir, &e)
	if err != nil {
		return nil, err
	}
	rd, err := readDirectory(ctx, dir, found, nil, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	known, ok := rd.recognise(o.entries())
	if ok {
		return rd.asFound(known.Name, o.entries()), nil
	}
	if rd.sameShape(&e) {
		if _, err := rd.verify(&e, o.entries()); err != nil {
			return nil, err
		}
	}
	return rd.asFound(baseName(dir), o.entries()), nil
}

// Locate says in which directory a catalogue set lies on this machine, and whether it
// is there at all. It looks where Load would. Sets share the names of their files, so it
// compares the labels with the catalogue's hashes: they are small, and no two sets have
// the same. Images are checked by Load.
func Locate(name string, o Options) (dir string, ok bool) {
	e, known := find(o.entries(), name)
	if !known {
		return "", false
	}
	var roots []string
	if o.Dir != "" {
		roots = []string{o.Dir}
	} else {
		if root := o.env(EnvDir); root != "" {
			roots = append(roots, root)
		}
		if cache, err := o.cacheDir(); err == nil {
			roots = append(roots, filepath.Join(cache, e.Name))
		}
	}
	for _, root := range roots {
		if !e.isIDX() {
			if dir, ok := e.locate(root); ok {
				return dir, true
			}
			continue
		}
		dir, found, err := locateEntry(root, &e)
		if err == nil && found.complete() && e.hasLabels(found) {
			return dir, true
		}
	}
	return "", false
}

// hasLabels reports whether the files of labels are those of the entry. Files of which
// only the archive's hash is known are taken for the entry's where they are unpacked.
func (e *Entry) hasLabels(found fileSet) bool {
	for _, r := range []role{trainLabels, testLabels} {
		got, err := readFile(context.Background(), found[r], r, e.values(r))
		if err != nil || e.Files[r].canCheck(&got) && !e.Files[r].knows(&got) {
			return false
		}
	}
	return true
}

// places are the directories below root that an entry's files may lie in: one of its
// name, torchvision's, or root itself.
func (e *Entry) places(root string) []string {
	return []string{filepath.Join(root, e.Name), filepath.Join(root, filepath.FromSlash(e.Layout)), root}
}

// locateEntry finds an entry's files below root.
func locateEntry(root string, e *Entry) (dir string, found fileSet, err error) {
	for _, dir = range e.places(root) {
		found, err = locate(dir, e)
		if err != nil || !found.empty() {
			return dir, found, err
		}
	}
	return root, found, nil
}

// loadEntry loads a catalogue set from wherever it can be had.
func loadEntry(ctx context.Context, e Entry, o Options, auto bool) (*Set, error) {
	if o.Dir != "" {
		if err := checkDirectory(o.Dir); err != nil {
			return nil, err
		}
		return loadEntryFrom(ctx, o.Dir, e, o)
	}
	if set, err := loadEntryFromEnv(ctx, e, o); set != nil || err != nil {
		return set, err
	}
	cache, err := o.cacheDir()
	if err != nil {
		return nil, err
	}
	set, err := loadEntryFrom(ctx, filepath.Join(cache, e.Name), e, o)
	if err == nil || !errors.Is(err, ErrMissing) && !errors.Is(err, ErrDamaged) {
		return set, err
	}
	o.log().Info("data set not in the cache", "dataset", e.Name, "reason", err)
	if o.offline() {
		return nil, o.offlineError(e, cache, err)
	}
	dir, getErr := get(ctx, e, o, auto)
	switch {
	case errors.Is(getErr, ErrMissing) && errors.Is(err, ErrDamaged):
		return nil, fmt.Errorf("%w; downloading it again failed: %v", err, getErr)
	case getErr != nil:
		return nil, getErr
	}
	return loadEntryFrom(ctx, dir, e, o)
}

// offlineError keeps a damaged cache an error of its own kind: only what is not
// there may be substituted.
func (o Options) offlineError(e Entry, cache string, reason error) error {
	hint := fmt.Sprintf("with a network: vaectl data get %s; without: --data-dir DIR with its files", e.Name)
	if errors.Is(reason, ErrDamaged) {
		return withHint(reason, hint)
	}
	places := filepath.Join(cache, e.Name)
	if root := o.env(EnvDir); root != "" {
		places = fmt.Sprintf("%s (the directory of $%s) or in %s", root, EnvDir, places)
	}
	return missing(hint, "%s is not in %s, and downloads are off", e.Name, places)
}

// loadEntryFromEnv looks in $VAECTL_DATA_DIR. A set that is not there is no error,
// for the variable may serve other sets; then both results are nil.
func loadEntryFromEnv(ctx context.Context, e Entry, o Options) (*Set, error) {
	root := o.env(EnvDir)
	if root == "" {
		return nil, nil
	}
	set, err := loadEntryFrom(ctx, root, e, o)
	if errors.Is(err, ErrMissing) || errors.Is(err, errOtherSet) {
		o.log().Info("data set not in $"+EnvDir, "dataset", e.Name, "reason", err)
		return nil, nil
	}
	return set, err
}

// loadEntryFrom loads an entry from below root and checks it.
func loadEntryFrom(ctx context.Context, root string, e Entry, o Options) (*Set, error) {
	if !e.isIDX() {
		return e.prepare(ctx, root, o)
	}
	dir, found, err := locateEntry(root, &e)
	if err != nil {
		return nil, err
	}
	rd, err := readDirectory(ctx, dir, found, &e, 0)
	if err != nil {
		return nil, err
	}
	confirmed, err := rd.verify(&e, o.entries())
	if err != nil {
		return nil, err
	}
	o.log().Info("data set found", "dataset", e.Name, "dir", dir)
	return rd.set(e.Name, &e, confirmed), nil
}
