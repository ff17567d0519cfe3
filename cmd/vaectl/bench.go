package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/lines"
	"vaectl/internal/show/words"
	"vaectl/train"
	"vaectl/vae"
)

// benchOptions are the flags of bench.
type benchOptions struct {
	settings settings
	seconds  float64
	decode   int
	json     bool
	ranks    distributedOptions
}

func (o *benchOptions) addFlags(cmd *cobra.Command) {
	o.settings.addConfig(cmd)
	cmd.Flags().Float64Var(&o.seconds, "seconds", 5, "how long to measure, from 0.1 to 600 seconds")
	cmd.Flags().IntVar(&o.decode, "decode-samples", 0, fmt.Sprintf("measure evaluation in place of training: log-likelihoods under this `number` of draws an image, 1 to %d", vae.MaxNLLSamples))
	o.ranks.addFlag(cmd, "`mpi`: measure the ranks that an MPI launcher started: what they compute and what they tell each other")
	addJSON(cmd.Flags(), &o.json)
	o.settings.hideRare = true
	o.settings.addFields(cmd, affectsSpeed, "")
}

// affectsSpeed tells the settings that have to do with how fast a step is, or
// might: all but where the first weights come from.
func affectsSpeed(key string) bool { return !strings.HasPrefix(key, "train.init_") }

func newBench(env environment) *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast this machine trains a model",
		Long: "Measure the training step of a model on this machine: images per second, the share of the\n" +
			"machine's multiplication peak, and where the time goes. With --decode-samples measure what\n" +
			"'vaectl eval --nll' does instead. Nothing is written to disk.",
		Example: "  vaectl bench\n" +
			"  vaectl bench --hidden 200,200 --latent 50 --activation tanh --batch-size 20 --binarize dynamic\n" +
			"  vaectl bench --hidden 200,200 --latent 50 --activation tanh --binarize dynamic --decode-samples 5000\n" +
			"  VAECTL_KERNEL=avx2 vaectl bench --threads 1",
		GroupID: groupSetup,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), env) },
	}
	o.addFlags(cmd)
	return cmd
}

// benchResult is what bench --json writes.
type benchResult struct {
	ImagesPerS    float64     `json:"images_per_s"`
	MsPerStep     float64     `json:"ms_per_step"`
	GFLOPS        float64     `json:"gflops"`
	PeakGFLOPS    float64     `json:"gemm_peak_gflops"`
	BoundPerS     float64     `json:"gemm_bound_images_per_s"`
	Kernel        string      `json:"kernel"`
	Threads       int         `json:"threads"`
	AllocsPerStep float64     `json:"allocs_per_step"`
	BatchSize     int         `json:"batch_size"`
	Steps         int         `json:"steps"`
	Parameters    int         `json:"parameters"`
	StepBytes     int         `json:"bytes_per_step"`
	Dataset       string      `json:"dataset"`
	Substitute    bool        `json:"substitute"`
	Shares        []benchPart `json:"operations"`
}

type benchPart struct {
	Name         string  `json:"name"`
	Microseconds float64 `json:"us_per_step"`
	Part         float64 `json:"part"`
}

func (o *benchOptions) run(ctx context.Context, env environment) error {
	if !(o.seconds >= 0.1 && o.seconds <= 600) {
		return usagef("--seconds %g: must be from 0.1 to 600", o.seconds)
	}
	if o.settings.flags.Changed("decode-samples") {
		if err := checkRange("--decode-samples", o.decode, 1, vae.MaxNLLSamples); err != nil {
			return err
		}
	}
	c, err := o.settings.resolve()
	if err != nil {
		return err
	}
	if o.settings.flags.Changed(distributedFlag) {
		return o.ranks.runOnRanks(env, func(env environment, p *peers) error { return o.measureRanks(ctx, env, p, c) })
	}
	set, err := loadData(ctx, env, c.Data, o.json)
	if err != nil {
		return err
	}
	engine, err := newEngine(env, c.Train.Threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	duration := time.Duration(o.seconds * float64(time.Second))
	if o.decode > 0 {
		return o.measureDecoding(ctx, env, c, set, engine, duration)
	}
	b, err := train.Bench(ctx, c, set, engine, duration)
	if err != nil {
		return err
	}
	result := benchResult{
		ImagesPerS: b.ImagesPerS, MsPerStep: b.StepTime.Seconds() * 1000, GFLOPS: b.GFLOPS, PeakGFLOPS: b.PeakGFLOPS,
		BoundPerS: b.BoundPerS, Kernel: b.Kernel, Threads: b.Threads, AllocsPerStep: b.AllocsPerStep,
		BatchSize: b.Images, Steps: b.Steps, Parameters: b.ParameterCount, StepBytes: b.StepBytes, Dataset: set.Name, Substitute: set.Substitute,
	}
	for _, s := range b.Shares {
		result.Shares = append(result.Shares, benchPart{Name: s.Name, Microseconds: s.Time.Seconds() * 1e6, Part: s.Part})
	}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	return result.write(env)
}

func (r benchResult) write(env environment) error {
	var text, shares strings.Builder
	fmt.Fprintf(&text, "%.0f images/s, %.3f ms a step of %d images (median over %d steps; data set %s)\n", r.ImagesPerS, r.MsPerStep, r.BatchSize, r.Steps, r.Dataset)
	fmt.Fprintf(&text, "%.0f GFLOP/s, %.0f %% of the %.0f GFLOP/s that kernel %s reaches in cache on %d threads\n", r.GFLOPS, 100*r.GFLOPS/r.PeakGFLOPS, r.PeakGFLOPS, r.Kernel, r.Threads)
	fmt.Fprintf(&text, "%.0f %% of the %.0f images/s of its own matrix products alone\n", 100*r.ImagesPerS/r.BoundPerS, r.BoundPerS)
	fmt.Fprintf(&text, "%.2f allocations a step, which computes in %.0f MB; %d parameters\n\n", r.AllocsPerStep, float64(r.StepBytes)/1e6, r.Parameters)
	fmt.Fprintln(&shares, "us\tshare\toperation\t")
	for _, s := range r.Shares {
		fmt.Fprintf(&shares, "%.1f\t%.1f %%\t%s\t\n", s.Microseconds, 100*s.Part, s.Name)
	}
	_, err := io.WriteString(env.stdout, text.String()+lines.RightColumns(shares.String()))
	return err
}

// benchDecodeResult is what bench --decode-samples --json writes.
type benchDecodeResult struct {
	SamplesPerS float64 `json:"samples_per_s"`
	ImagesPerS  float64 `json:"images_per_s"`
	Samples     int     `json:"samples"`
	Images      int     `json:"images"`
	Kernel      string  `json:"kernel"`
	Threads     int     `json:"threads"`
	Dataset     string  `json:"dataset"`
	Substitute  bool    `json:"substitute"`
}

func (o *benchOptions) measureDecoding(ctx context.Context, env environment, c configs.Config, set *data.Set, e *vae.Engine, d time.Duration) error {
	b, err := train.BenchDecode(ctx, c, set, e, o.decode, d)
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(env.stdout, benchDecodeResult{
			SamplesPerS: b.SamplesPerS, ImagesPerS: b.ImagesPerS, Samples: b.Samples, Images: b.Images,
			Kernel: b.Kernel, Threads: b.Threads, Dataset: set.Name, Substitute: set.Substitute,
		})
	}
	_, err = fmt.Fprintf(env.stdout, "%.0f samples/s: log-likelihoods of %d draws an image for %.1f images/s (median over %d images; data set %s)\nkernel %s, %s\n",
		b.SamplesPerS, b.Samples, b.ImagesPerS, b.Images, set.Name, b.Kernel, words.Counted(b.Threads, "thread"))
	return err
}
