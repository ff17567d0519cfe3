package train

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"path/filepath"

	"vaectl/data"
	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
	"vaectl/train/rundir"
	"vaectl/vae"
)

const (
	shownSide     = 8       // samples a row and column of a picture
	shownPixels   = 1 << 24 // of all samples of a picture together
	shownRounds   = 2       // test images of each class
	samplesName   = "epoch-%03d.png"
	pairsName     = "reconstruction-%03d.png"
	animationName = "training.gif"
)

// Pictures is a [Recorder] that draws what the model can do into the run's
// folder samples: epoch-NNN.png, 64 samples from the noise that [vae.Model.Sample]
// draws with the run's seed, or of a conditional model a row of 8 for each label,
// and reconstruction-NNN.png, the same evaluated
// images each time above what the model makes of the mean of their posterior.
// At the end training.gif shows all samples in turn, those of earlier processes
// of the run too.
//
// In a run of more than 50 epochs only some are drawn: 1, 2, 3, 5, 10, 20, 30,
// 50, 100, ..., at most 50 others evenly spread, and the last, or the first
// evaluated after each. From the eighth on only those are drawn that keep the
// work below a fiftieth of the training's, and the last: epochs of a small model
// or of few images take less time than their pictures. No random draw of the
// training depends on any of this.
type Pictures struct {
	progress  Progress
	seed      uint64
	originals vae.Batch
	folder    string // they are written to
	err       error  // of Begin, which cannot return it

	budget    budget
	evaluated int  // the newest epoch
	moved     bool // the weights have changed since
	drawn     int  // the newest epoch with pictures
	samples   []byte
	pairs     []byte // both as PNG
}

// NewPictures returns the recorder of one training.
func NewPictures() *Pictures { return &Pictures{} }

// Begin picks the images that are reconstructed.
func (p *Pictures) Begin(progress Progress) {
	p.progress = progress
	p.seed = progress.Model.Config().Train.Seed
	p.budget = newBudget(progress)
	indices := progress.Watched.Split().Examples(shownRounds)
	images, err := progress.Model.Images(progress.Watched)
	if err != nil {
		p.err = err
		return
	}
	p.originals = images.Batch(indices, data.EvaluationDraw(p.seed))
	p.folder, p.err = rundir.SamplesDir(progress.Dir)
}

// Step notes that the weights are no longer those of an epoch.
func (p *Pictures) Step(StepRecord) { p.moved = true }

// Epoch draws.
func (p *Pictures) Epoch(r EpochRecord) error {
	p.evaluated, p.moved = r.Epoch, false
	if p.err == nil && p.budget.allows(r.Epoch) {
		p.err = p.draw()
	}
	return p.warning()
}

// warning says that a picture failed, and that the training does not depend on
// it. The next epoch tries again, unless there is no folder for any.
func (p *Pictures) warning() error {
	if p.err == nil {
		return nil
	}
	w := rundir.Warning{Code: WarnPictures, Text: fmt.Sprintf("pictures of this training are missing: %v", p.err)}
	if p.folder != "" {
		p.err = nil
	}
	return w
}

// Close draws the last epoch, where training stopped early at one that is not
// drawn otherwise, and writes the animation.
func (p *Pictures) Close() error {
	if p.folder == "" || p.evaluated == 0 {
		return nil
	}
	if p.drawn < p.evaluated && !p.moved {
		p.err = p.draw()
	}
	if p.err == nil && p.drawn > 0 {
		p.err = animate(p.progress.Dir, p.folder, p.drawn)
	}
	return p.warning()
}

func (p *Pictures) draw() error {
	samples, err := p.drawSamples()
	if err != nil {
		return p.failed(err)
	}
	pairs, err := p.drawPairs()
	if err != nil {
		return p.failed(err)
	}
	if p.samples, err = p.write(samplesName, samples); err != nil {
		return err
	}
	if p.pairs, err = p.write(pairsName, pairs); err != nil {
		return err
	}
	p.drawn = p.evaluated
	return nil
}

func (p *Pictures) failed(err error) error {
	return fmt.Errorf("pictures of epoch %d: %w", p.evaluated, err)
}

func (p *Pictures) title() string { return fmt.Sprintf("epoch %d", p.evaluated) }

func (p *Pictures) drawSamples() (image.Image, error) {
	m := p.progress.Model
	image := m.Shape()
	if classes := m.Classes(); classes > 0 {
		columns := shownSide
		for columns > 1 && columns*classes*m.Values() > shownPixels {
			columns--
		}
		samples, err := m.SampleClasses(columns, p.seed)
		if err != nil {
			return nil, err
		}
		return picture.Grid(samples.Means, image, picture.Options{Title: p.title(), Columns: columns})
	}
	samples, err := m.Sample(shownSamples(m.Values()), p.seed, nil)
	if err != nil {
		return nil, err
	}
	return picture.Grid(samples.Means, image, picture.Options{Title: p.title()})
}

// shownSamples is 64, or a smaller square number where images are huge.
func shownSamples(pixels int) int {
	side := shownSide
	for side > 1 && side*side*pixels > shownPixels {
		side--
	}
	return side * side
}

func (p *Pictures) drawPairs() (image.Image, error) {
	m := p.progress.Model
	encoding, err := m.Encode(p.originals)
	if err != nil {
		return nil, err
	}
	means, err := m.Decode(vae.Codes{Z: encoding.Z, Labels: p.originals.Labels})
	if err != nil {
		return nil, err
	}
	image := m.Shape()
	return picture.Pairs(p.originals.Pixels, means, image, picture.Options{Title: p.title()})
}

// write writes a picture and returns what is in the file.
func (p *Pictures) write(name string, img image.Image) ([]byte, error) {
	var encoded bytes.Buffer
	if err := picture.EncodePNG(&encoded, img); err != nil {
		return nil, p.failed(err)
	}
	path := filepath.Join(p.folder, fmt.Sprintf(name, p.evaluated))
	return encoded.Bytes(), atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(encoded.Bytes())
		return err
	})
}
