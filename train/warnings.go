package train

import (
	"fmt"
	"math"
	"slices"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// bernoulli is the value of model.likelihood for pixels that are 0 or 1.
const bernoulli = "bernoulli"

// Codes of warnings.
const (
	// WarnSchedule: the run was continued to a length that its learning rates were not
	// made for.
	WarnSchedule = "schedule"
	// WarnCollapse: the code says next to nothing about the image.
	WarnCollapse = "collapse"
	// WarnWorse: the model is worse than none.
	WarnWorse = "worse_than_chance"
	// WarnGrey: the figures are of grey pixels under a likelihood for black and
	// white ones.
	WarnGrey = "grey_bernoulli"
	// WarnColour: the pixels are in colour, under a likelihood for black and white ones.
	WarnColour = "colour_bernoulli"
	// WarnTestPicked: the best epoch was picked by the test images.
	WarnTestPicked = "test_picked"
	// WarnKernel: the run was continued with another kernel than it had.
	WarnKernel = "kernel"
	// WarnEpochs: config.yaml and checkpoint differ in the number of epochs.
	WarnEpochs = "epochs"
	// WarnPictures: a picture of the training could not be made.
	WarnPictures = "pictures"
	// WarnEvents: TensorBoard's files could not be written.
	WarnEvents = "events"
)

// collapseKL is the KL, in nats per image, below which the code counts as
// unused: less than it takes to tell two equally likely kinds of image apart.
const collapseKL = 0.5

// scheduleWarning says what continuing a run to more epochs does to a schedule
// that depends on their number.
func scheduleWarning(trained, asked configs.Train, step uint64) (w rundir.Warning, ok bool) {
	if trained.Epochs == asked.Epochs || step == 0 || !newSchedule(asked, 1).needsLength() {
		return rundir.Warning{}, false
	}
	return rundir.Warning{Code: WarnSchedule, Text: fmt.Sprintf(
		"the %s schedule spreads the learning rate over the whole run: the %d steps so far followed that of %d epochs, the rest follows that of %d, so the weights differ from those of one run of %[4]d epochs",
		asked.Schedule, step, trained.Epochs, asked.Epochs)}, true
}

// kernelWarning says what continuing a run with another kernel does to its bits.
func kernelWarning(trained, now string, s rundir.State) (w rundir.Warning, ok bool) {
	if trained == "" || trained == now || s.Step == 0 {
		return rundir.Warning{}, false
	}
	return rundir.Warning{Code: WarnKernel, Text: fmt.Sprintf(
		"the %d steps so far were computed with the kernel %s, the rest will be with %s: from here on the bits may differ from those of an uninterrupted run (VAECTL_KERNEL=%[2]s keeps them, where the CPU has it)",
		s.Step, trained, now)}, true
}

// standing are the warnings that hold on when a training is continued; those
// about its end are given anew.
func standing(warnings []rundir.Warning) []rundir.Warning {
	return slices.DeleteFunc(slices.Clone(warnings), func(w rundir.Warning) bool {
		return w.Code != WarnSchedule && w.Code != WarnKernel && w.Code != WarnEpochs && w.Code != WarnColour
	})
}

// conclude keeps the warnings that the end of a training gives cause for.
func (l *loop) conclude() {
	r, c := &l.run.record, l.config
	for _, w := range EvaluationWarnings(c, l.final.Evaluation, r.Dataset) {
		r.Warn(w)
	}
	if l.split == rundir.SplitTest && l.state.Evaluated > c.Train.EvalEvery {
		r.Warn(rundir.Warning{Code: WarnTestPicked, Text: fmt.Sprintf(
			"the best checkpoint, of epoch %d, was chosen by its loss on the test images, which flatters that loss; --validation holds out images to choose by",
			l.state.BestEpoch)})
	}
}

// EvaluationWarnings lists what a user should know about a model and its figures on the
// images of a data set.
func EvaluationWarnings(c configs.Config, e vae.Evaluation, d rundir.Dataset) []rundir.Warning {
	var warnings []rundir.Warning
	if w, ok := CollapseWarning(e); ok {
		warnings = append(warnings, w)
	}
	if w, ok := WorseWarning(c.Settled(d.Shape().Channels), e, d.Shape().Values()); ok {
		warnings = append(warnings, w)
	}
	if w, ok := PixelWarning(c, d); ok {
		warnings = append(warnings, w)
	}
	return warnings
}

// PixelWarning warns of grey pixels under the likelihood of binary ones: the figures
// cannot be compared with published tables, which are of binary pixels.
func PixelWarning(c configs.Config, d rundir.Dataset) (w rundir.Warning, ok bool) {
	c = c.Settled(d.Shape().Channels)
	switch {
	case data.Binarization(c.Data.Binarize) != data.Grey || d.Binary || c.Model.Likelihood != bernoulli:
		return rundir.Warning{}, false
	case d.Channels > 1:
		return rundir.Warning{Code: WarnColour, Text: "pixels in colour have the Bernoulli likelihood, which is for binary ones: it takes each channel by itself, and its figures cannot be compared with any of levels; --likelihood logistic-mixture suits colour"}, true
	}
	return rundir.Warning{Code: WarnGrey, Text: "grey pixels were scored with the Bernoulli likelihood for binary ones: figures cannot be compared with those on binary pixels, which published tables use"}, true
}

// WorseWarning warns of a model of black and white pixels that is worse than even odds
// for every pixel, ln 2 nats each.
func WorseWarning(c configs.Config, e vae.Evaluation, pixels int) (w rundir.Warning, ok bool) {
	chance := float64(pixels) * math.Ln2
	if c.Model.Likelihood != bernoulli || e.NegELBO <= chance {
		return rundir.Warning{}, false
	}
	return rundir.Warning{Code: WarnWorse, Text: fmt.Sprintf(
		"the negative ELBO of %.4g nats per image is above the %.4g that even odds for every pixel give: the training was too short, or its learning rate of %g too high",
		e.NegELBO, chance, c.Train.LearningRate)}, true
}

// CollapseWarning warns of a model that does not use its code: no unit is active, or the
// KL is so low that the code can say next to nothing about the image. Of several
// stochastic levels the upper ones may collapse alone.
func CollapseWarning(e vae.Evaluation) (w rundir.Warning, ok bool) {
	active, dimensions := e.ActiveUnits(), len(e.ActivityPerDim)
	for _, l := range e.Lower {
		active, dimensions = active+l.ActiveUnits(), dimensions+len(l.ActivityPerDim)
	}
	switch {
	case active == 0 || e.KL < collapseKL:
		return rundir.Warning{Code: WarnCollapse, Text: fmt.Sprintf(
			"the posterior has collapsed onto the prior: %d of %d dimensions are active and the KL is %.2f nats per image, so z says next to nothing of the image; try longer training, a --kl-warmup, --free-bits or a smaller --beta",
			active, dimensions, e.KL)}, true
	case e.ActiveUnits() == 0:
		return rundir.Warning{Code: WarnCollapse, Text: fmt.Sprintf(
			"the upper of the two stochastic layers has collapsed onto the prior: none of its %d dimensions is active; try longer training, a --kl-warmup or more --samples",
			len(e.ActivityPerDim))}, true
	}
	return rundir.Warning{}, false
}
