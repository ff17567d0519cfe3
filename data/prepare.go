package data

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/format/npy"
	"vaectl/internal/format/raster"
	"vaectl/internal/format/source"
	"vaectl/internal/hinted"
	"vaectl/internal/printable"
)

// Reading is the state of preparing a set.
type Reading struct {
	// Dataset is its name; Stage what is going on, as "measuring pictures".
	Dataset, Stage string
	// Done of Total pictures are finished. Total is -1 when it is unknown.
	Done, Total int
}

// preparer makes the images of a set.
type preparer struct {
	ctx    context.Context
	set    manifest
	source *source.Source
	how    Preparation
	tell   func(Reading)
	room   *room

	height, width int
	out           *imageWriter
	names         *bufio.Writer
	splits        []source.Split
	hashes        []uint64
	classes       map[string]int // provisional numbers, in the order of appearance
	labels        []int
	sizes         map[[2]int]int
	coloured      int
	grey          bool // some value is neither black nor white
}

// pixelsPerCore is how many pixels each core may decode at a time, where there are
// many cores: those of a telephone's photograph.
const pixelsPerCore = 12_000_000

// prepare reads all images of a source into a new directory. What it leaves behind in
// case of an error is no set.
func prepare(ctx context.Context, s *source.Source, described manifest, how Preparation, dir string, tell func(Reading)) error {
	if tell == nil {
		tell = func(Reading) {}
	}
	p := &preparer{
		ctx: ctx, set: described, source: s, how: how.orDefault(), tell: tell,
		room:    newRoom(max(raster.MaxPixels, pixelsPerCore*runtime.GOMAXPROCS(0))),
		classes: map[string]int{}, sizes: map[[2]int]int{},
	}
	if err := p.measure(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return cannotWrite(err)
	}
	if err := p.write(dir); err != nil {
		return err
	}
	return p.finish(dir)
}

// report tells how far it is.
func (p *preparer) report(stage string, done int) {
	p.tell(Reading{Dataset: p.set.Name, Stage: stage, Done: done, Total: p.source.Count})
}

// measure finds the size of the images.
func (p *preparer) measure() error {
	switch {
	case p.how.Height > 0:
		p.height, p.width = p.how.Height, p.how.Width
		return nil
	case p.source.Height > 0:
		p.height, p.width = p.source.Height, p.source.Width
		return nil
	}
	done := 0
	err := ordered(p.ctx, p.source, sizeOf, func(i source.Image, size [2]int, err error) error {
		done++
		p.report("measuring pictures", done)
		switch {
		case err == nil:
			p.sizes[size]++
		case !p.how.SkipBroken:
			return broken(i, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	sizes := sortedSizes(p.sizes)
	clear(p.sizes)
	switch len(sizes) {
	case 0:
		return missing("", "no picture of %s can be read", p.set.Source)
	case 1:
		p.height, p.width = sizes[0].Height, sizes[0].Width
		return nil
	}
	return differingSizes(p.set.Source, sizes)
}

func sizeOf(i source.Image) ([2]int, error) {
	if i.Open == nil {
		return [2]int{i.Pixels.Height, i.Pixels.Width}, nil
	}
	r, err := i.Open()
	if err != nil {
		return [2]int{}, err
	}
	defer r.Close()
	h, w, err := raster.Size(bufio.NewReader(r))
	return [2]int{h, w}, err
}

// differingSizes is the error of pictures that need --size.
func differingSizes(path string, sizes []SizeCount) error {
	smallest, total := math.MaxInt, 0
	for _, s := range sizes {
		smallest, total = min(smallest, s.Height, s.Width), total+s.Count
	}
	side := 64
	for side > 8 && side > smallest {
		side /= 2
	}
	var words []string
	for _, s := range sizes[:min(3, len(sizes))] {
		words = append(words, fmt.Sprintf("%d are %dx%d", s.Count, s.Height, s.Width))
	}
	return &hinted.Error{
		Kind:   ErrUnclear,
		Err:    fmt.Errorf("the %d pictures of %s have %d sizes (height x width): %s", total, path, len(sizes), strings.Join(words, ", ")),
		Advice: fmt.Sprintf("say which size all are to have, as --size %d, and how: --fit crop, pad or stretch", side),
	}
}

func sortedSizes(count map[[2]int]int) []SizeCount {
	var sizes []SizeCount
	for size, n := range count {
		sizes = append(sizes, SizeCount{size[0], size[1], n})
	}
	slices.SortFunc(sizes, func(a, b SizeCount) int {
		return cmp.Or(b.Count-a.Count, a.Height-b.Height, a.Width-b.Width)
	})
	return sizes
}

// broken is the error of a picture that cannot be read.
func broken(i source.Image, err error) error {
	return &hinted.Error{
		Kind:   ErrDamaged,
		Err:    fmt.Errorf("%s: %w", printable.Text(i.Name), err),
		Advice: "mend or remove it, or leave out what cannot be read with --skip-broken",
	}
}

// preparedImage is an image as it goes into the set.
type preparedImage struct {
	image raster.Image
	size  [2]int
	hash  uint64 // of the content
}

// make reads one picture.
func (p *preparer) make(i source.Image) (preparedImage, error) {
	m := preparedImage{}
	picture := i.Pixels
	var content []byte
	if i.Open == nil {
		content = picture.Pix
	} else {
		var err error
		if content, err = readPicture(i.Open); err != nil {
			return m, err
		}
		if picture, err = p.decode(content); err != nil {
			return m, err
		}
	}
	if i.Split != source.Test { // where there are only training images, they are divided
		sum := sha256.Sum256(content)
		m.hash = binary.BigEndian.Uint64(sum[:])
	}
	m.size = [2]int{picture.Height, picture.Width}
	m.image = p.how.apply(picture, p.height, p.width)
	return m, nil
}

// decode decodes a picture when there is room for it.
func (p *preparer) decode(file []byte) (raster.Image, error) {
	pixels, err := raster.Pixels(file)
	if err != nil {
		return raster.Image{}, err
	}
	p.room.take(pixels)
	defer p.room.giveBack(pixels)
	return raster.Decode(file, p.how.Background)
}

func readPicture(open func() (io.ReadCloser, error)) ([]byte, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, raster.MaxBytes+1))
	if err == nil && len(b) == 0 {
		err = errors.New("the file is empty")
	}
	return b, err
}

// write makes all images and writes their pixels and names.
func (p *preparer) write(dir string) error {
	images, err := os.Create(filepath.Join(dir, imagesName))
	if err != nil {
		return cannotWrite(err)
	}
	defer images.Close()
	names, err := os.Create(filepath.Join(dir, namesName))
	if err != nil {
		return cannotWrite(err)
	}
	defer names.Close()
	p.names = bufio.NewWriterSize(names, 1<<16)
	channels := 1
	if p.how.Colour == RGBColour {
		channels = 3
	}
	p.out = newImageWriter(images, Shape{p.height, p.width, channels})
	if err := ordered(p.ctx, p.source, p.make, p.add); err != nil {
		return err
	}
	if p.set.Count = len(p.labels); p.set.Count == 0 {
		return missing("", "no picture of %s can be read", p.set.Source)
	}
	p.set.Shape, p.set.Binary = p.out.shape, !p.grey
	if err := p.out.finish(p.set.Count); err != nil {
		return cannotWrite(err)
	}
	if err := errors.Join(p.names.Flush(), names.Sync()); err != nil {
		return cannotWrite(err)
	}
	return nil
}

// listed is how many broken pictures are kept by name.
const listed = 1000

// add takes one image that is made.
func (p *preparer) add(i source.Image, m preparedImage, err error) error {
	if err != nil {
		if !p.how.SkipBroken {
			return broken(i, err)
		}
		p.set.BrokenCount++
		if len(p.set.Broken) < listed {
			p.set.Broken = append(p.set.Broken, BrokenPicture{printable.Text(i.Name), err.Error()})
		}
		return nil
	}
	if err := p.out.write(m.image); err != nil {
		return cannotWrite(err)
	}
	p.names.WriteString(i.Name)
	p.names.WriteByte(0)
	p.sizes[m.size]++
	if m.image.Channels == 3 {
		p.coloured++
	}
	p.grey = p.grey || !areBinary(m.image.Pix)
	p.splits, p.hashes = append(p.splits, i.Split), append(p.hashes, m.hash)
	label := -1
	if i.Class != "" {
		var known bool
		if label, known = p.classes[i.Class]; !known {
			label = len(p.classes)
			p.classes[i.Class] = label
		}
	}
	p.labels = append(p.labels, label)
	p.report("reading pictures", len(p.labels)+p.set.BrokenCount)
	return nil
}

// finish decides splits and classes and writes what is left.
func (p *preparer) finish(dir string) error {
	codes, err := p.decideSplits()
	if err != nil {
		return err
	}
	if err := p.decideClasses(); err != nil {
		return err
	}
	p.set.Sizes = sortedSizes(p.sizes)
	p.set.Sizes = p.set.Sizes[:min(len(p.set.Sizes), listed)]
	if err := writeArray(filepath.Join(dir, splitsName), "|u1", codes); err != nil {
		return cannotWrite(err)
	}
	if len(p.classes) > 0 {
		if err := writeArray(filepath.Join(dir, labelsName), "<i4", p.labels); err != nil {
			return cannotWrite(err)
		}
	}
	p.note()
	p.set.Format, p.set.Version = preparedFormat, preparedVersion
	if err := p.set.write(dir); err != nil {
		return err
	}
	if p.set.Digest != "" {
		return nil
	}
	s, err := openPrepared(dir)
	if err != nil {
		return err
	}
	err = inOrder(s.mapping, func() (err error) {
		tell := func(done int) { p.report("hashing images", done) }
		p.set.Digest, err = digestOf(p.ctx, tell, &s.Train, &s.Test, &s.Validation)
		return err
	})
	if err != nil {
		return err
	}
	return p.set.write(dir)
}

func (m manifest) write(dir string) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(dir, manifestName), append(b, '\n')); err != nil {
		return cannotWrite(err)
	}
	return nil
}

// note tells what was found.
func (p *preparer) note() {
	p.set.Notes = append(p.set.Notes, p.source.Notes...)
	if n := len(p.splits) - p.coloured; p.coloured > 0 && n > 0 && p.how.Colour == AutoColour {
		p.set.Notes = append(p.set.Notes, fmt.Sprintf("%d of %d pictures are grey", n, len(p.splits)))
	}
	if n := p.set.BrokenCount; n > 0 {
		p.set.Notes = append(p.set.Notes, fmt.Sprintf("%d pictures cannot be read and were left out", n))
	}
}

// decideSplits numbers the splits. Without a test split the validation images serve
// as one; without either, the images whose hash is low enough.
func (p *preparer) decideSplits() ([]int, error) {
	count := map[source.Split]int{}
	for _, s := range p.splits {
		count[s]++
	}
	switch {
	case count[source.Test] == 0 && count[source.Validation] > 0:
		for i, s := range p.splits {
			if s == source.Validation {
				p.splits[i] = source.Test
			}
		}
		p.set.Notes = append(p.set.Notes, "there are no test images: the validation images are used as such")
	case count[source.Test] == 0:
		if err := p.splitByHash(); err != nil {
			return nil, err
		}
	}
	codes, train := make([]int, len(p.splits)), 0
	for i, s := range p.splits {
		if s == source.Undecided {
			s = source.Train
		}
		if s == source.Train {
			train++
		}
		codes[i] = slices.Index(splitCodes(), s)
	}
	if train == 0 {
		return nil, missing("", "%s has no training images", p.set.Source)
	}
	return codes, nil
}

// splitByHash makes test images of a share. Both parts get at least one image.
func (p *preparer) splitByHash() error {
	if len(p.splits) < 2 {
		return missing("at least two are needed, one to train and one to test", "%s has only one image", p.set.Source)
	}
	limit := uint64(min(p.how.TestShare*(1<<64), math.MaxUint64/2*1.99))
	lowest, highest, tests := 0, 0, 0
	for i, h := range p.hashes {
		if h < p.hashes[lowest] {
			lowest = i
		}
		if h > p.hashes[highest] {
			highest = i
		}
		p.splits[i] = source.Train
		if h < limit {
			p.splits[i] = source.Test
			tests++
		}
	}
	switch tests {
	case 0:
		p.splits[lowest] = source.Test
	case len(p.splits):
		p.splits[highest] = source.Train
	}
	p.set.Notes = append(p.set.Notes, fmt.Sprintf("test images are %.4g%% of all, chosen by their content", 100*p.how.TestShare))
	return nil
}

// decideClasses numbers the classes: as the source does, or in the order of their
// names.
func (p *preparer) decideClasses() error {
	names := make([]string, len(p.classes))
	for name, i := range p.classes {
		names[i] = name
	}
	final := make([]int, len(names))
	if numbers, ok := classNumbers(names); ok && p.source.Numbered {
		copy(final, numbers)
		p.set.Classes = p.source.Classes
	} else {
		if len(names) > maxLabel+1 {
			return missing("put the pictures into fewer folders", "%s has %d classes, want at most %d", p.set.Source, len(names), maxLabel+1)
		}
		sorted := slices.Clone(names)
		slices.SortFunc(sorted, compareNames)
		p.set.Classes = nil
		for rank, name := range sorted {
			final[p.classes[name]] = rank
			p.set.Classes = append(p.set.Classes, strings.ToValidUTF8(name, "\uFFFD"))
		}
	}
	for i, label := range p.labels {
		if label >= 0 {
			p.labels[i] = final[label]
		}
	}
	return nil
}

// classNumbers reads names that are all numbers of classes.
func classNumbers(names []string) ([]int, bool) {
	numbers := make([]int, len(names))
	for i, name := range names {
		n, err := strconv.Atoi(name)
		if err != nil || n < 0 || n > maxLabel || strconv.Itoa(n) != name {
			return nil, false
		}
		numbers[i] = n
	}
	return numbers, true
}

// compareNames orders numbers by their value and before words.
func compareNames(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	switch {
	case errX == nil && errY == nil:
		return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// imageWriter writes images.npy. Its images are grey until one is not; those before
// get three channels then.
type imageWriter struct {
	file   *os.File
	buffer *bufio.Writer
	shape  Shape
	count  int
}

func newImageWriter(f *os.File, shape Shape) *imageWriter {
	w := &imageWriter{file: f, buffer: bufio.NewWriterSize(f, 1<<20), shape: shape}
	w.buffer.Write(make([]byte, imagesHeader))
	return w
}

func (w *imageWriter) write(m raster.Image) error {
	if m.Channels > w.shape.Channels {
		if err := w.colour(); err != nil {
			return err
		}
	}
	if m.Channels < w.shape.Channels {
		m = m.RGB()
	}
	w.count++
	_, err := w.buffer.Write(m.Pix)
	return err
}

// colour gives the images that are written three channels, from the last to the
// first, for they grow.
func (w *imageWriter) colour() error {
	if err := w.buffer.Flush(); err != nil {
		return err
	}
	grey := raster.New(w.shape.Height, w.shape.Width, 1)
	n := int64(len(grey.Pix))
	for i := int64(w.count) - 1; i >= 0; i-- {
		if _, err := w.file.ReadAt(grey.Pix, imagesHeader+i*n); err != nil {
			return err
		}
		if _, err := w.file.WriteAt(grey.RGB().Pix, imagesHeader+3*i*n); err != nil {
			return err
		}
	}
	w.shape.Channels = 3
	_, err := w.file.Seek(imagesHeader+3*int64(w.count)*n, io.SeekStart)
	return err
}

// finish writes the header.
func (w *imageWriter) finish(count int) error {
	var header strings.Builder
	if err := npy.WriteHeader(&header, npy.Header{Type: "|u1", Shape: []int{count, w.shape.Height, w.shape.Width, w.shape.Channels}}); err != nil {
		return err
	}
	if header.Len() != imagesHeader {
		return fmt.Errorf("a header of %d bytes, want %d", header.Len(), imagesHeader)
	}
	if err := w.buffer.Flush(); err != nil {
		return err
	}
	if _, err := w.file.WriteAt([]byte(header.String()), 0); err != nil {
		return err
	}
	return w.file.Sync()
}
