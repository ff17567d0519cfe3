package configs

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vaectl/internal/format/strictyaml"
)

// maxLayers is the most hidden layers of one stack. What a network weighs and needs depends on the images too: see vaectl/vae/arch.
const maxLayers = 32

// Validate reports every setting of c whose value is not allowed, alone or together with the others, as FieldErrors joined; nil when all are.
// Parameters of priors other than the chosen one may have any value in their range.
func Validate(c Config) error {
	v := validator{config: &c}
	for _, s := range settings(&c) {
		v.field(s)
	}
	v.dataset()
	v.ends()
	v.pixels()
	v.labels()
	v.convolutions()
	v.moments()
	v.mixture()
	v.sphere()
	v.warmup()
	v.objective()
	v.patience()
	v.depth()
	v.shards()
	return errors.Join(v.problems...)
}

// Warnings names the settings of c that differ from the default and yet have no effect, as the mean of a uniform prior.
func Warnings(c Config) []string {
	plain := Default()
	var warnings []string
	for i, s := range settings(&c) {
		if other := settings(&plain)[i]; c.active(s) || textOf(s.pointer) == textOf(other.pointer) {
			continue
		}
		key, values, named := strings.Cut(s.tag.Get("when"), "=")
		why := key + " is not " + strings.ReplaceAll(values, ",", " or ")
		if !named {
			why = key + " is empty"
		}
		warnings = append(warnings, fmt.Sprintf("%s (--%s) is %s, which has no effect: %s", s.key, s.flag(), textOf(s.pointer), why))
	}
	return warnings
}

// active tells whether s has an effect in c.
func (c *Config) active(s setting) bool {
	when, ok := s.tag.Lookup("when")
	if !ok {
		return true
	}
	key, values, named := strings.Cut(when, "=")
	actual, err := c.Get(key)
	if err != nil {
		panic(fmt.Sprintf("configs: tag of %s: %v", s.key, err))
	}
	if !named {
		return actual != ""
	}
	return slices.Contains(strings.Split(values, ","), actual)
}

// validator collects what is wrong with a configuration.
type validator struct {
	config   *Config
	problems []error
	keys     []string // that the problems are with
}

func (v *validator) report(key, format string, args ...any) {
	s, err := v.config.setting(key)
	if err != nil {
		panic(fmt.Sprintf("configs: %v", err))
	}
	v.keys = append(v.keys, key)
	v.problems = append(v.problems, s.problem(strictyaml.Shorten(textOf(s.pointer)), fmt.Sprintf(format, args...)))
}

// refused tells whether there is a problem with one of keys already, so that there is no point in looking at them together.
func (v *validator) refused(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(v.keys, key) })
}

// field checks what the tags of one setting say.
func (v *validator) field(s setting) {
	for _, problem := range []string{v.words(s), v.numbers(s), v.count(s)} {
		if problem != "" {
			v.report(s.key, "%s", problem)
			return
		}
	}
}

func (v *validator) words(s setting) string {
	if words, ok := s.pointer.(*Words); ok {
		return words.check()
	}
	word, ok := s.pointer.(*string)
	if !ok {
		return ""
	}
	if choices := s.choices(); choices != nil {
		if slices.Contains(choices, *word) {
			return ""
		}
		return fmt.Sprintf("must be one of %s%s", strings.Join(choices, ", "), suggestion(*word, choices))
	}
	if !plain(*word) {
		return notPlain
	}
	return ""
}

const notPlain = "must be plain UTF-8 text without control characters"

func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func (v *validator) numbers(s setting) string {
	limits, ok := s.tag.Lookup("range")
	if !ok {
		return ""
	}
	allowed := parseInterval(limits)
	for _, number := range floatsOf(s.pointer) {
		if !allowed.contains(number) {
			return "must be " + allowed.String()
		}
	}
	return ""
}

// count checks the length of a list that has one value a something. A list without effect may have any length but 0.
func (v *validator) count(s setting) string {
	per, ok := s.tag.Lookup("per")
	if !ok {
		return ""
	}
	if per == "model.latent" && v.config.Model.UpperLatent > 0 {
		per = "model.upper_latent"
	}
	size, err := v.config.Get(per)
	if err != nil {
		panic(fmt.Sprintf("configs: tag of %s: %v", s.key, err))
	}
	n := len(floatsOf(s.pointer))
	if n == 1 || strconv.Itoa(n) == size || (n > 0 && !v.config.active(s)) {
		return ""
	}
	return fmt.Sprintf("has %d values: must have one, or %s as %s says", n, size, per)
}

// dataset checks only that one is named: which there are is for the catalogue to say. It also reads the settings that are written as text.
func (v *validator) dataset() {
	if v.config.Data.Dataset == "" {
		v.report("data.dataset", "must name a data set or a path")
	}
	if _, _, err := v.config.Data.ImageSize(); err != nil {
		v.report("data.size", "%v", err)
	}
	if _, err := v.config.Data.BackgroundColour(); err != nil {
		v.report("data.background", "%v", err)
	}
}

// ends checks that the uniform prior's interval has a length.
func (v *validator) ends() {
	prior := v.config.Prior
	if prior.Name != "uniform" || v.refused("prior.low", "prior.high") {
		return
	}
	for i := range max(len(prior.Low), len(prior.High)) {
		if low, high := prior.Low.At(i), prior.High.At(i); low >= high {
			v.report("prior.low", "must be below prior.high (--prior-high), which is %s; in dimension %d it is %s against %s",
				strictyaml.Shorten(prior.High.String()), i, Floats{low}, Floats{high})
			return
		}
	}
}

// pixels checks that the pixels are what the likelihood is a distribution of.
func (v *validator) pixels() {
	c := v.config
	if grey := c.Model.Likelihood != autoLikelihood && c.Model.Likelihood != bernoulli; grey && c.Data.Binarize != "none" && !v.refused("model.likelihood", "data.binarize") {
		v.report("model.likelihood", "must be bernoulli with data.binarize (--binarize) %s: of pixels that are 0 or 1 a distribution over greys says nothing",
			c.Data.Binarize)
	}
}

// labels checks that what is conditioned on the label has one.
func (v *validator) labels() {
	if v.config.Model.Conditional && v.config.Prior.Name == "vamp" {
		v.report("model.conditional", "must be false with prior.name (--prior) vamp: its learned images have no labels for the encoder to read")
	}
}

// Limits on a convolutional layer.
const (
	maxChannels = 4096
	maxKernel   = 31
)

// convolutions checks the layers by themselves; whether they fit an image is seen when there is one.
func (v *validator) convolutions() {
	model := v.config.Model
	if model.Network != "conv" {
		return
	}
	if n := len(model.Conv); n < 1 || n > maxLayers {
		v.report("model.conv", "has %d layers: must have 1 to %d", n, maxLayers)
		return
	}
	for i, c := range model.Conv {
		problem := ""
		switch {
		case c.Channels < 1 || c.Channels > maxChannels:
			problem = fmt.Sprintf("%d channels: must be 1 to %d", c.Channels, maxChannels)
		case c.Kernel < 1 || c.Kernel > maxKernel:
			problem = fmt.Sprintf("a kernel of %d: must be 1 to %d", c.Kernel, maxKernel)
		case c.Stride < 1 || c.Stride > c.Kernel:
			problem = fmt.Sprintf("a stride of %d: must be 1 to its kernel, %d, or pixels are skipped", c.Stride, c.Kernel)
		case c.Padding < 0 || c.Padding >= c.Kernel:
			problem = fmt.Sprintf("padding of %d: must be 0 or more, and less than its kernel, %d", c.Padding, c.Kernel)
		}
		if problem != "" {
			v.report("model.conv", "layer %d has %s", i, problem)
			return
		}
	}
}

// moments checks that a prior standardised by its mean and variance has them.
func (v *validator) moments() {
	prior := v.config.Prior
	if prior.Name != "student-t" || prior.Standardize != "affine" || v.refused("prior.dof") {
		return
	}
	for i, dof := range prior.DoF {
		if dof <= 2 {
			v.report("prior.dof", "must be above 2 with prior.standardize (--standardize) affine, in dimension %d it is %s: the variance is infinite; full and none do without it",
				i, Floats{dof})
			return
		}
	}
}

// mixture checks that a mixture's lists name the same components, and that what is learned can be standardised.
func (v *validator) mixture() {
	prior := v.config.Prior
	if prior.Name == "flow" && v.config.Model.TopLatent() < 2 {
		v.report("prior.name", "must have a code of at least 2 dimensions: one half of z moves by the other")
	}
	if prior.moves() {
		if v.config.Objective.FreeBits > 0 {
			v.report("objective.free_bits", "must be 0 with a learned prior: its KL is one figure, not one a dimension")
		}
		if prior.Standardize == "full" {
			v.report("prior.standardize", "must be affine or none with a learned prior: full wants one that stays as it is")
		}
		return
	}
	if prior.Name != "mixture" {
		return
	}
	components := max(len(prior.Weights), len(prior.Means), len(prior.Stds))
	for _, list := range []struct {
		key    string
		values Floats
	}{{"prior.weights", prior.Weights}, {"prior.means", prior.Means}, {"prior.stds", prior.Stds}} {
		if n := len(list.values); n != 1 && n != components {
			v.report(list.key, "has %d values: must have one, or %d, one for each component of the longest list", n, components)
		}
	}
}

// sphere checks that a prior without a density is not asked for one.
func (v *validator) sphere() {
	c := v.config
	if c.Prior.Name != "sphere" {
		return
	}
	if c.Objective.Name != "mmd" && !v.refused("objective.name") {
		v.report("objective.name", "must be mmd with prior.name (--prior) sphere, which has no density to take a KL to or to weigh draws by")
	}
	if c.Model.TopLatent() < 2 {
		v.report("prior.name", "must have a code of at least 2 dimensions: a sphere in one is two points")
	}
	if c.Prior.Standardize == "full" {
		v.report("prior.standardize", "must be affine or none with prior.name (--prior) sphere: there is no standard normal variable that z is a function of")
	}
}

// warmup checks that the weight of the KL term and the learning rate reach their values within the run.
func (v *validator) warmup() {
	warmup, epochs := v.config.Objective.KLWarmup, v.config.Train.Epochs
	if v.config.Objective.KLWarmupSteps > 0 && warmup > 0 {
		v.report("objective.kl_warmup_steps", "must be 0 where objective.kl_warmup (--kl-warmup) is set, which says the same in epochs")
	}
	if warmup > float64(epochs) && !v.refused("objective.kl_warmup", "train.epochs") {
		v.report("objective.kl_warmup", "must be at most the %d epochs of the run (train.epochs, --epochs): beta would never reach %s",
			epochs, Floats{v.config.Objective.Beta})
	}
	if o := v.config.Objective; o.Name == "capacity" && o.CapacityEpochs > float64(epochs) && !v.refused("objective.capacity_epochs", "train.epochs") {
		v.report("objective.capacity_epochs", "must be at most the %d epochs of the run (train.epochs, --epochs): the capacity would never reach %s nats",
			epochs, Floats{o.Capacity})
	}
	if train := v.config.Train; train.RateWarmup > float64(epochs) && !v.refused("train.lr_warmup", "train.epochs") {
		v.report("train.lr_warmup", "must be at most the %d epochs of the run (train.epochs, --epochs): the learning rate would never reach %s",
			epochs, Floats{train.LearningRate})
	}
}

// objective checks that the weights on the KL term go with what is minimised.
func (v *validator) objective() {
	o := v.config.Objective
	if v.refused("objective.name", "objective.gradient") {
		return
	}
	if o.Name != "iwae" && o.Gradient != "standard" {
		v.report("objective.gradient", "must be standard unless objective.name (--objective) is iwae")
	}
	switch o.Name {
	case "iwae":
		v.weightless()
	case "mmd":
		v.plainKL("there is no KL to z's prior in it")
		v.matched()
	case "capacity":
		v.plainKL("capacity_weight (--capacity-weight) weighs how far the KL is from the capacity")
	}
}

// plainKL checks that nothing else weighs the KL; what does instead says why.
func (v *validator) plainKL(instead string) {
	o := v.config.Objective
	for _, s := range []struct {
		key   string
		usual bool
		value string
	}{
		{"objective.beta", o.Beta == 1, "1"},
		{"objective.kl_warmup", o.KLWarmup == 0, "0"},
		{"objective.kl_warmup_steps", o.KLWarmupSteps == 0, "0"},
		{"objective.free_bits", o.FreeBits == 0, "0"},
	} {
		if !s.usual && !v.refused(s.key) {
			v.report(s.key, "must be %s with objective.name (--objective) %s: %s", s.value, o.Name, instead)
		}
	}
}

// matched checks that z can be matched to draws of the prior.
func (v *validator) matched() {
	if v.config.Objective.Samples != 1 && !v.refused("objective.samples") {
		v.report("objective.samples", "must be 1 with objective.name (--objective) mmd: draws of one image are no independent draws of z")
	}
	if v.config.Train.BatchSize < 2 && !v.refused("train.batch_size") {
		v.report("train.batch_size", "must be at least 2 with objective.name (--objective) mmd, which compares the z of a batch")
	}
	if v.config.Prior.moves() {
		v.report("objective.name", "must not be mmd with a learned prior (prior.name, --prior, %s), which would not be trained", v.config.Prior.Name)
	}
}

// weightless checks that nothing weighs the KL within importance weights.
func (v *validator) weightless() {
	o := v.config.Objective
	if o.Beta != 1 && !v.refused("objective.beta") {
		v.report("objective.beta", "must be 1 with objective.name (--objective) iwae: weights with another share of the KL bound nothing; beta goes with elbo")
	}
	if o.FreeBits != 0 && !v.refused("objective.free_bits") {
		v.report("objective.free_bits", "must be 0 with objective.name (--objective) iwae: its weights have no KL a dimension; free bits go with elbo")
	}
}

// patience checks that early stopping does not pick by the test images.
func (v *validator) patience() {
	if v.config.Train.Patience > 0 && v.config.Data.Validation == 0 {
		v.report("train.patience", "needs images to decide by: hold some out with data.validation (--validation)")
	}
}

// shards checks that a batch has an image for each piece.
func (v *validator) shards() {
	if t := v.config.Train; t.Shards > t.BatchSize && !v.refused("train.shards", "train.batch_size") {
		v.report("train.shards", "must be at most train.batch_size (--batch-size), which is %d: each shard needs an image", t.BatchSize)
	}
}

// depth checks the numbers of layers.
func (v *validator) depth() {
	model := v.config.Model
	if v.refused("model.hidden", "model.upper_hidden", "model.upper_latent") {
		return
	}
	if model.UpperLatent == 0 && len(model.UpperHidden) > 0 {
		v.report("model.upper_hidden", "has no second stochastic layer to lead to: set model.upper_latent (--upper-latent) too")
	}
	for _, stack := range []struct {
		key    string
		layers int
	}{{"model.hidden", len(model.Hidden)}, {"model.upper_hidden", len(model.UpperHidden)}} {
		if stack.layers > maxLayers {
			v.report(stack.key, "has %d layers: must have at most %d", stack.layers, maxLayers)
		}
	}
}

// floatsOf lists the numbers of a setting; none for words. A seed's every value is allowed, so it has none to check.
func floatsOf(pointer any) []float64 {
	switch p := pointer.(type) {
	case *int:
		return []float64{float64(*p)}
	case *float64:
		return []float64{*p}
	case *Floats:
		return *p
	case *[]int:
		floats := make([]float64, len(*p))
		for i, v := range *p {
			floats[i] = float64(v)
		}
		return floats
	}
	return nil
}

// interval is a set of finite numbers: low to high, without low itself when open.
type interval struct {
	low, high float64
	open      bool
}

// parseInterval reads the text of a range tag, "[1,10]" or "(0,1]".
func parseInterval(text string) interval {
	low, high, comma := strings.Cut(strings.Trim(text, "[(])"), ",")
	var parsed interval
	var lowErr, highErr error
	parsed.low, lowErr = strconv.ParseFloat(low, 64)
	parsed.high, highErr = strconv.ParseFloat(high, 64)
	parsed.open = strings.HasPrefix(text, "(")
	if !comma || lowErr != nil || highErr != nil || parsed.low > parsed.high {
		panic(fmt.Sprintf("configs: no interval: %q", text))
	}
	return parsed
}

func (r interval) contains(x float64) bool {
	// NaN is in no interval: every comparison with it is false.
	return !math.IsInf(x, 0) && x <= r.high && (x > r.low || (x == r.low && !r.open))
}

// String completes the sentence "must be".
func (r interval) String() string {
	if r.open {
		return fmt.Sprintf("above %s and at most %s", brief(r.low), brief(r.high))
	}
	return fmt.Sprintf("from %s to %s", brief(r.low), brief(r.high))
}

// brief writes a limit in few letters: 65536, but 1e6.
func brief(x float64) string {
	plain, power := strconv.FormatFloat(x, 'f', -1, 64), strconv.FormatFloat(x, 'e', -1, 64)
	power = strings.NewReplacer("e+0", "e", "e-0", "e-", "e+", "e").Replace(power)
	if len(plain) <= max(6, len(power)) {
		return plain
	}
	return power
}
