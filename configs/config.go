package configs

import (
	"errors"
	"fmt"
	"image/color"
	"strconv"
	"strings"
)

// Config is everything that decides what a training run computes.
type Config struct {
	// Where the images come from and how they are read.
	Data Data `yaml:"data"`
	// The encoder and the decoder.
	Model Model `yaml:"model"`
	// The distribution the latent code z is pulled toward and samples are drawn from.
	Prior Prior `yaml:"prior"`
	// What is minimised, in nats per image: by default reconstruction + beta * KL.
	Objective Objective `yaml:"objective"`
	// The optimiser and its loop.
	Train Train `yaml:"train"`
}

// Data says which images are learned and how.
type Data struct {
	// The data set: a name from `vaectl data list`, or a path to your own images: a folder or an archive of pictures, or NPY, NPZ, IDX, CSV,
	// CIFAR or Parquet files. "auto" takes MNIST or, where it can be neither found nor downloaded, the built-in digits.
	Dataset string `yaml:"dataset" flag:"dataset" common:"true" default:"auto"`
	// The folder to look in first for the data set's files. Empty: the user's cache.
	Dir string `yaml:"dir" flag:"data-dir" common:"true" default:""`
	// How grey pixels become binary: "none" keeps them and treats them as probabilities, "threshold" cuts at one half, "dynamic" draws
	// every pixel again each time its image is used.
	Binarize string `yaml:"binarize" flag:"binarize" default:"none" oneof:"none threshold dynamic"`
	// Training images to hold out and evaluate on in place of the test images, which are then evaluated only once, at the end. Which
	// images are held out depends on the number and on the data set, not on the seed. With 0 none are held out, and the best epoch is
	// chosen on the test images.
	Validation int `yaml:"validation" flag:"validation" default:"0" unit:"images" range:"[0,1e9]"`
	// Classes to leave out of training, by name or by number: their training and validation images are not used, while the test images keep
	// them. "vaectl rank" then shows how unusual the model finds a class that it has never seen. Several are separated by commas.
	WithoutClasses Words `yaml:"without_classes" flag:"without-class" default:""`
	// Size of the images: 64 for 64x64, or 48x64 for 48 rows of 64 pixels. Empty keeps the size of the pictures, which must then all
	// have the same.
	Size string `yaml:"size" flag:"size" common:"true" default:""`
	// How a picture of other proportions is made to fit: "crop" fills the image and cuts off the rest, "pad" shows all of the picture
	// and fills the rest with the background, "stretch" changes the proportions.
	Fit string `yaml:"fit" flag:"fit" common:"true" default:"crop" oneof:"crop pad stretch" when:"data.size"`
	// Channels of the images: "auto" keeps colour if any picture has some, "grey" makes one channel, "rgb" three.
	Colour string `yaml:"colour" flag:"colour" common:"true" default:"auto" oneof:"auto grey rgb"`
	// Turn images into negatives, for dark drawings on white paper: models learn faster on a black background.
	Invert bool `yaml:"invert" flag:"invert" default:"false"`
	// The colour shown where a picture is transparent or padded: white, black, grey, or a value such as "#ffcc00".
	Background string `yaml:"background" flag:"background" default:"white"`
	// The part of the images that becomes the test split where the data has none. An image is assigned by its content, so test images
	// remain test images when others are added.
	TestShare float64 `yaml:"test_share" flag:"test-share" default:"0.1" unit:"of all images" range:"[0.001,0.9]"`
	// Leave out pictures that cannot be read, and count and list them, instead of stopping with an error.
	SkipBroken bool `yaml:"skip_broken" flag:"skip-broken" default:"false"`
}

// ImageSize reads data.size: 0 and 0 where it is empty.
func (d Data) ImageSize() (height, width int, err error) {
	if d.Size == "" {
		return 0, 0, nil
	}
	rows, columns, both := strings.Cut(d.Size, "x")
	if !both {
		columns = rows
	}
	for _, side := range []struct {
		text  string
		value *int
	}{{rows, &height}, {columns, &width}} {
		n, err := strconv.ParseUint(side.text, 10, 32)
		if err != nil || n < 1 || n > maxSide {
			return 0, 0, fmt.Errorf("must be a size as 64, or a height and a width as 48x64, from 1 to %d", maxSide)
		}
		*side.value = int(n)
	}
	return height, width, nil
}

// maxSide is the largest height or width of an image.
const maxSide = 4096

// BackgroundColour reads data.background.
func (d Data) BackgroundColour() (color.NRGBA, error) {
	switch d.Background {
	case "white":
		return color.NRGBA{R: 255, G: 255, B: 255, A: 255}, nil
	case "black":
		return color.NRGBA{A: 255}, nil
	case "grey":
		return color.NRGBA{R: 128, G: 128, B: 128, A: 255}, nil
	}
	digits, found := strings.CutPrefix(d.Background, "#")
	n, err := strconv.ParseUint(digits, 16, 32)
	if !found || len(digits) != 6 || err != nil {
		return color.NRGBA{}, errors.New("must be white, black, grey, or a colour as \"#ffcc00\"")
	}
	return color.NRGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}, nil
}

// Model is the shape of the network.
type Model struct {
	// Kind of network: "dense" has fully connected layers only, "conv" has convolutions next to the image.
	Network string `yaml:"network" flag:"network" default:"dense" oneof:"dense conv"`
	// Convolutional layers of the encoder, starting at the image: the channels of each. The kernel is 4, the stride 2 and the padding 1
	// unless given, as in 64k3s1p1 on the command line or {channels: 64, kernel: 3, stride: 1, padding: 1} in a file. The decoder
	// mirrors them with transposed convolutions.
	Conv Convolutions `yaml:"conv" flag:"conv" common:"true" default:"32,64" when:"model.network=conv" implies:"model.network=conv"`
	// Normalisation between a convolution and its activation: "batch" over the images of a batch (Ioffe and Szegedy 2015), with running
	// means and variances for evaluation, "group" over groups of channels within an image (Wu and He 2018), or "none".
	Norm string `yaml:"norm" flag:"norm" default:"none" oneof:"none batch group" when:"model.network=conv"`
	// Residual blocks after every convolution of the encoder and before every transposed convolution of the decoder. Each adds the
	// output of two 3x3 convolutions to its input, with norm and activation before each (He et al. 2016).
	Blocks int `yaml:"blocks" flag:"blocks" default:"0" unit:"blocks a layer" range:"[0,32]" when:"model.network=conv"`
	// How the decoder enlarges feature maps: "transposed" with transposed convolutions, "nearest" by repeating pixels, followed by a 3x3
	// convolution.
	Upsampling string `yaml:"upsampling" flag:"upsampling" default:"transposed" oneof:"transposed nearest" when:"model.network=conv"`
	// Widths of the encoder's hidden layers, in order from the pixels or the last convolution to the code. The decoder mirrors them. An
	// empty list means no hidden layers.
	Hidden []int `yaml:"hidden" flag:"hidden" common:"true" default:"400" unit:"units a layer" range:"[1,65536]"`
	// Number of latent dimensions; with two stochastic layers, of the lower one.
	Latent int `yaml:"latent" flag:"latent" common:"true" default:"20" unit:"dimensions" range:"[1,4096]"`
	// Size of a second stochastic layer above the first (Burda et al. 2016). It then is z and has the prior. 0 means one layer.
	UpperLatent int `yaml:"upper_latent" flag:"upper-latent" default:"0" unit:"dimensions" range:"[0,4096]"`
	// Widths of the hidden layers between the two stochastic layers, from the lower to the upper; the way down mirrors them.
	UpperHidden []int `yaml:"upper_hidden" flag:"upper-hidden" default:"" unit:"units a layer" range:"[1,65536]"`
	// Nonlinearity after every hidden layer; the slope of "leaky-relu" is 0.01 below zero.
	Activation string `yaml:"activation" flag:"activation" default:"relu" oneof:"relu leaky-relu silu tanh softplus elu" when:"model.gated=false"`
	// Multiply hidden layers by a learned gate instead of using an activation: (x W + b) * sigmoid(x V + c) (Dauphin et al. 2017), as in
	// the models of Tomczak and Welling (2018).
	Gated bool `yaml:"gated" flag:"gated" default:"false"`
	// Initial weights: "torch" as PyTorch's nn.Linear draws weights and biases, "glorot" as Glorot and Bengio (2010) draw weights, "he" as He et
	// al. (2015) do; the last two have biases 0.
	Init string `yaml:"init" flag:"init" default:"torch" oneof:"torch glorot he"`
	// Initial biases of the decoder's output: "init" follows model.init, "data" starts each pixel at the logit of its mean over the
	// training images, so that the first steps need not learn it.
	OutputBias string `yaml:"output_bias" flag:"output-bias" default:"init" oneof:"init data"`
	// Give the image's label to the encoder and the decoder as a one-hot code (Sohn et al. 2015). With model.upper_latent only the two
	// networks next to the image read it. The prior is the same for every label. All figures are then of log p(x|y), the image given its
	// label.
	Conditional bool `yaml:"conditional" flag:"conditional" common:"true" default:"false"`
	// Number of labels of a conditional model; labels start at 0. 0 takes the number of classes in the data set.
	Classes int `yaml:"classes" flag:"classes" default:"0" unit:"labels" range:"[0,256]" when:"model.conditional=true"`
	// Distribution of a pixel given z. "auto" takes "logistic-mixture" for colour and "bernoulli" for grey or binarised pixels. "bernoulli"
	// is for binary pixels and takes grey ones as probabilities. "continuous-bernoulli" (Loaiza-Ganem and Cunningham 2019) and "gaussian"
	// are for grey ones. "logistic" and "logistic-mixture", in which green depends on red and blue on both (Salimans et al. 2017), are
	// over the 256 levels. Figures of different likelihoods cannot be compared.
	Likelihood string `yaml:"likelihood" flag:"likelihood" common:"true" default:"auto" oneof:"auto bernoulli continuous-bernoulli gaussian logistic logistic-mixture"`
	// Number of components in the mixture of each pixel, for the logistic-mixture likelihood.
	LikelihoodComponents int `yaml:"likelihood_components" flag:"likelihood-components" default:"10" unit:"components" range:"[1,100]" when:"model.likelihood=auto,logistic-mixture"`
	// Standard deviation of a pixel given z, for the gaussian and logistic likelihoods.
	PixelStd float64 `yaml:"pixel_std" flag:"pixel-std" default:"0.1" unit:"of the range from black to white" range:"[1e-4,100]" when:"model.likelihood=gaussian,logistic"`
	// Learn the standard deviation of the pixels, starting from model.pixel_std.
	PixelStdLearned bool `yaml:"pixel_std_learned" flag:"pixel-std-learned" default:"false" when:"model.likelihood=gaussian,logistic"`
}

// TopLatent is the size of the latent code z, which the prior is over: that of the
// upper of two stochastic layers.
func (m Model) TopLatent() int {
	if m.UpperLatent > 0 {
		return m.UpperLatent
	}
	return m.Latent
}

// Prior names the prior and its parameters. A parameter of another prior than the chosen one has no effect.
type Prior struct {
	// The prior's family. Each dimension on its own: "normal" is N(mean, std^2), "uniform" is Uniform(low, high), "laplace" and "logistic"
	// have a location and a scale, "student-t" degrees of freedom besides, "mixture" is a sum of Gaussians. All dimensions together and
	// learned: "mixture" of Gaussians with prior.learned, "vamp" of the encoder's posteriors at learned images (Tomczak and Welling 2018), "flow"
	// is N(0, 1) behind affine coupling layers (Dinh et al. 2017). "sphere" is uniform on the surface of a sphere; it has no density, so
	// z can be matched to it by the mmd objective only, and no figure of it is a bound on log p(x).
	Name string `yaml:"name" flag:"prior" common:"true" default:"normal" oneof:"normal uniform laplace logistic student-t mixture vamp flow sphere"`
	// Mean of the normal prior: one value, or one for each dimension.
	Mean Floats `yaml:"mean" flag:"prior-mean" common:"true" default:"0" unit:"units of z" range:"[-1e6,1e6]" per:"model.latent" when:"prior.name=normal"`
	// Standard deviation of the normal prior: one value, or one for each dimension.
	Std Floats `yaml:"std" flag:"prior-std" common:"true" default:"1" unit:"units of z" range:"[1e-6,1e6]" per:"model.latent" when:"prior.name=normal"`
	// Lower end of the uniform prior: one value, or one for each dimension.
	Low Floats `yaml:"low" flag:"prior-low" default:"-1" unit:"units of z" range:"[-1e6,1e6]" per:"model.latent" when:"prior.name=uniform"`
	// Upper end of the uniform prior: one value, or one for each dimension.
	High Floats `yaml:"high" flag:"prior-high" default:"1" unit:"units of z" range:"[-1e6,1e6]" per:"model.latent" when:"prior.name=uniform"`
	// Centre of the laplace, logistic or student-t prior: one value, or one for each dimension.
	Location Floats `yaml:"location" flag:"prior-location" default:"0" unit:"units of z" range:"[-1e6,1e6]" per:"model.latent" when:"prior.name=laplace,logistic,student-t"`
	// Scale of the laplace, logistic or student-t prior, which is not its standard deviation: that is sqrt(2), pi/sqrt(3) and
	// sqrt(dof/(dof-2)) times the scale. One value, or one for each dimension.
	Scale Floats `yaml:"scale" flag:"prior-scale" default:"1" unit:"units of z" range:"[1e-6,1e6]" per:"model.latent" when:"prior.name=laplace,logistic,student-t"`
	// Degrees of freedom of the student-t prior: fewer mean heavier tails, and the variance is finite above 2. One value for all
	// dimensions, or one for each.
	DoF Floats `yaml:"dof" flag:"prior-dof" default:"5" unit:"degrees of freedom" range:"[0.01,1e6]" per:"model.latent" when:"prior.name=student-t"`
	// Train the mixture together with the model. It then has prior.components Gaussians, and weights, means and stds have no effect.
	Learned bool `yaml:"learned" flag:"prior-learned" default:"false" when:"prior.name=mixture"`
	// Number of components of a learned mixture, or of learned images for the vamp prior.
	Components int `yaml:"components" flag:"prior-components" default:"500" unit:"components" range:"[1,65536]" when:"prior.name=mixture,vamp"`
	// Initial values of the vamp prior's learned images: "random" draws every pixel from N(0.05, 0.01^2), which gives nearly black
	// images, as its authors do for MNIST; "data" takes training images at even intervals and adds noise of 0.01.
	PseudoInputs string `yaml:"pseudo_inputs" flag:"prior-pseudo-inputs" default:"random" oneof:"random data" when:"prior.name=vamp"`
	// Number of coupling layers of the flow prior. Each transforms one half of z depending on the other.
	FlowLayers int `yaml:"flow_layers" flag:"prior-flow-layers" default:"4" unit:"layers" range:"[1,64]" when:"prior.name=flow"`
	// Width of the hidden layer in each coupling layer of the flow prior.
	FlowHidden int `yaml:"flow_hidden" flag:"prior-flow-hidden" default:"64" unit:"units" range:"[1,4096]" when:"prior.name=flow"`
	// Radius of the sphere prior.
	Radius float64 `yaml:"radius" flag:"prior-radius" default:"1" unit:"units of z" range:"[1e-6,1e6]" when:"prior.name=sphere"`
	// Weights of a fixed mixture's components: one value, or one for each component. They are divided by their sum.
	Weights Floats `yaml:"weights" flag:"prior-weights" default:"1" unit:"parts of the whole" range:"(0,1e6]" when:"prior.name=mixture"`
	// Means of a fixed mixture's components: one value, or one for each component.
	Means Floats `yaml:"means" flag:"prior-means" default:"-1,1" unit:"units of z" range:"[-1e6,1e6]" when:"prior.name=mixture"`
	// Standard deviations of a fixed mixture's components: one value, or one for each component.
	Stds Floats `yaml:"stds" flag:"prior-stds" default:"0.5" unit:"units of z" range:"[1e-6,1e6]" when:"prior.name=mixture"`
	// How z is presented to the networks: "affine" starts the posterior at the prior and gives the decoder z shifted and scaled to mean
	// 0 and variance 1; "none" does neither, so that only the KL term depends on the prior; "full" gives the decoder the standard normal
	// variable from which z is computed.
	Standardize string `yaml:"standardize" flag:"standardize" default:"affine" oneof:"affine none full"`
}

// moves tells whether the prior is trained with the model.
func (p Prior) moves() bool {
	return p.Name == "vamp" || p.Name == "flow" || (p.Name == "mixture" && p.Learned)
}

// Objective says what is minimised and weighs its parts.
type Objective struct {
	// The bound on log p(x) that is maximised: "elbo" is the evidence lower bound, "iwae" the importance-weighted bound of Burda et al.
	// (2016), which rises toward log p(x) with the number of samples. "capacity" minimises reconstruction + objective.capacity_weight * |KL - C|
	// instead, with C rising to objective.capacity, so that the code holds that much (Burgess et al. 2018); figures are still those of the ELBO. "mmd" minimises
	// reconstruction + objective.mmd_weight * MMD^2 between the z of a batch and as many draws of the prior (Tolstikhin et al. 2018; Zhao et al.
	// 2019), with no KL to z's prior; the best epoch is then the one with the lowest such loss.
	Name string `yaml:"name" flag:"objective" default:"elbo" oneof:"elbo iwae capacity mmd"`
	// Draws of z for each image of a batch. The ELBO is averaged over them; the importance-weighted bound takes the log of their mean
	// weight.
	Samples int `yaml:"samples" flag:"samples" default:"1" unit:"draws an image" range:"[1,10000]"`
	// Gradient of the importance-weighted bound: "standard", or "dreg", the doubly reparameterised gradient (Tucker et al. 2019), whose
	// variance in the encoder does not grow with the number of samples. It does not help with the vamp prior, whose own gradients keep
	// their variance: 2.4 times that of "standard", as measured.
	Gradient string `yaml:"gradient" flag:"gradient" default:"standard" oneof:"standard dreg"`
	// Weight of the KL term; 1 gives the evidence lower bound.
	Beta float64 `yaml:"beta" flag:"beta" common:"true" default:"1" unit:"times the KL" range:"[0,1e6]"`
	// Time over which the weight of the KL term rises linearly from 0 to objective.beta. With 0 it is objective.beta from the start.
	KLWarmup float64 `yaml:"kl_warmup" flag:"kl-warmup" common:"true" default:"0" unit:"epochs" range:"[0,1e6]"`
	// The same in optimiser steps, so that it does not depend on the size of the data set. Set only one of this and objective.kl_warmup.
	KLWarmupSteps int `yaml:"kl_warmup_steps" flag:"kl-warmup-steps" default:"0" unit:"steps" range:"[0,1e9]"`
	// The KL that the capacity objective rises to and holds: how much information a code carries about its image.
	Capacity float64 `yaml:"capacity" flag:"capacity" default:"25" unit:"nats per image" range:"[0,1e6]" when:"objective.name=capacity"`
	// Weight of the difference between the KL and the capacity.
	CapacityWeight float64 `yaml:"capacity_weight" flag:"capacity-weight" default:"100" unit:"times the distance" range:"[0,1e6]" when:"objective.name=capacity"`
	// Time over which the capacity rises linearly from 0. With 0 it has its full value from the start.
	CapacityEpochs float64 `yaml:"capacity_epochs" flag:"capacity-epochs" default:"0" unit:"epochs" range:"[0,1e6]" when:"objective.name=capacity"`
	// Weight of the squared maximum mean discrepancy between z and the prior, summed over seven inverse multiquadratic kernels. Its
	// maximum is 14.
	MMDWeight float64 `yaml:"mmd_weight" flag:"mmd-weight" default:"100" unit:"nats" range:"[0,1e9]" when:"objective.name=mmd"`
	// KL that each latent dimension may have at no cost, which keeps dimensions from becoming inactive early.
	FreeBits float64 `yaml:"free_bits" flag:"free-bits" default:"0" unit:"nats per dimension" range:"[0,1e3]"`
}

// Train drives the optimiser.
type Train struct {
	// Passes over the training images.
	Epochs int `yaml:"epochs" flag:"epochs" common:"true" default:"10" unit:"epochs" range:"[1,1e6]"`
	// Images per optimiser step; the last batch of an epoch may be smaller.
	BatchSize int `yaml:"batch_size" flag:"batch-size" common:"true" default:"128" unit:"images" range:"[1,65536]"`
	// Number of parts each batch is divided into, whether one process computes them in turn or several at once with --distributed. The
	// order in which their gradients are added depends on this number alone, and so do the bits; 1 does not divide. What a batch
	// computes as a whole, such as batch normalisation or the mmd objective, is computed for each part.
	Shards int `yaml:"shards" flag:"shards" default:"1" unit:"shards" range:"[1,1024]"`
	// Learning rate of the optimiser, at the start of train.schedule.
	LearningRate float64 `yaml:"lr" flag:"lr" common:"true" default:"0.001" unit:"per step" range:"[1e-9,10]"`
	// How the learning rate falls: "constant" keeps it, "step" multiplies it by train.lr_factor every train.lr_every epochs, "cosine" lowers it along
	// half a cosine to train.lr_final of it at the end of the run, "iwae" takes eight stages from train.lr down to a tenth of it, each three times as
	// long as the one before, stretched to the length of the run (Burda et al. 2016, whose run is of 3280 epochs from 0.001). The last
	// two depend on epochs, so a run continued to more epochs ends in other weights than a long one.
	Schedule string `yaml:"schedule" flag:"schedule" default:"constant" oneof:"constant step cosine iwae"`
	// Epochs between two reductions in the step schedule.
	RateEvery int `yaml:"lr_every" flag:"lr-every" default:"10" unit:"epochs" range:"[1,1e6]" when:"train.schedule=step"`
	// Factor by which the step schedule multiplies the learning rate at each reduction.
	RateFactor float64 `yaml:"lr_factor" flag:"lr-factor" default:"0.5" unit:"times the rate" range:"(0,1]" when:"train.schedule=step"`
	// Learning rate at the end of the cosine schedule, as a fraction of train.lr.
	RateFinal float64 `yaml:"lr_final" flag:"lr-final" default:"0" unit:"times lr" range:"[0,1]" when:"train.schedule=cosine"`
	// Time over which the learning rate rises linearly from 0 to the value of the schedule. The cosine schedule begins after it.
	RateWarmup float64 `yaml:"lr_warmup" flag:"lr-warmup" default:"0" unit:"epochs" range:"[0,1e6]"`
	// Optimiser: "adam" (Kingma and Ba 2015), "adamw", which also shrinks the weights at every step (Loshchilov and Hutter 2019), or
	// "adamax", which divides by the largest recent gradient instead of the root mean square.
	Optimizer string `yaml:"optimizer" flag:"optimizer" default:"adam" oneof:"adam adamw adamax"`
	// Fraction of every weight and bias that AdamW subtracts at each step, in units of the learning rate.
	WeightDecay float64 `yaml:"weight_decay" flag:"weight-decay" default:"0.01" unit:"times the learning rate" range:"[0,100]" when:"train.optimizer=adamw"`
	// Decay rate of the running mean of the gradients.
	AdamBeta1 float64 `yaml:"adam_beta1" flag:"adam-beta1" default:"0.9" unit:"kept a step" range:"[0,0.99999]"`
	// Decay rate of the running mean of the squared gradients or, with adamax, of their maximum.
	AdamBeta2 float64 `yaml:"adam_beta2" flag:"adam-beta2" default:"0.999" unit:"kept a step" range:"[0.8,0.99999]"`
	// Number added to the divisor of the update. A larger one damps the steps of weights with small gradients.
	AdamEps float64 `yaml:"adam_eps" flag:"adam-eps" default:"1e-8" unit:"size of gradients" range:"[1e-12,1]"`
	// Largest norm of the gradient of all weights together; longer gradients are scaled down to it. 0 does not clip.
	Clip float64 `yaml:"clip" flag:"clip" default:"0" unit:"norm of the gradient" range:"[0,1e9]"`
	// Decay rate of a running mean of the weights. The mean is evaluated, saved and read by every other command, while training
	// continues with the weights themselves. At first it covers the last ninth of the steps so far. 0 uses the weights as they are.
	EMA float64 `yaml:"ema" flag:"ema" default:"0" unit:"kept a step" range:"[0,0.9999]"`
	// Epochs between evaluations. The last epoch is always evaluated, and the best epoch is chosen among the evaluated ones.
	EvalEvery int `yaml:"eval_every" flag:"eval-every" default:"1" unit:"epochs" range:"[1,1e6]"`
	// Time between checkpoints. Every evaluation writes one too; with 0 there are no others. Results do not depend on it.
	CheckpointEvery float64 `yaml:"checkpoint_every" flag:"checkpoint-every" default:"5" unit:"minutes" range:"[0,1e6]"`
	// Stop after this many epochs without a lower loss on the validation images, and evaluate the best checkpoint on the test images
	// instead of the last. 0 trains for all epochs.
	Patience int `yaml:"patience" flag:"patience" default:"0" unit:"epochs" range:"[0,1e6]"`
	// A run, by name or path, whose weights are the initial ones, for example to continue with more samples. The networks must be the
	// same. Optimiser, schedule and seed are this run's own, and model.init, model.output_bias and prior.pseudo_inputs have no effect.
	// Empty draws the initial weights.
	InitFrom string `yaml:"init_from" flag:"init-from" default:""`
	// Which weights of that run to take: "best", from the epoch with the lowest evaluated loss, or "last". With train.ema they are the
	// running means.
	InitCheckpoint string `yaml:"init_checkpoint" flag:"init-checkpoint" default:"best" oneof:"best last" when:"train.init_from"`
	// Seed of every random draw. The same seed and settings give the same weights, bit for bit, on one kernel (VAECTL_KERNEL).
	Seed uint64 `yaml:"seed" flag:"seed" common:"true" default:"1" unit:"whole number"`
	// Threads to compute on; 0 uses every core. Results do not depend on it.
	Threads int `yaml:"threads" flag:"threads" default:"0" unit:"threads" range:"[0,1024]"`
}
