package main

import (
	"context"
	"fmt"
	"time"

	"vaectl/configs"
	"vaectl/internal/show/words"
	"vaectl/train"
)

// benchRanksResult is what bench --distributed --json writes.
type benchRanksResult struct {
	ImagesPerS    float64 `json:"images_per_s"`
	MsPerStep     float64 `json:"ms_per_step"`
	MsCompute     float64 `json:"ms_compute"`
	MsTalk        float64 `json:"ms_communication"`
	MsOverlap     float64 `json:"ms_overlap"`
	Ranks         int     `json:"ranks"`
	Threads       int     `json:"threads"` // of a rank
	Shards        int     `json:"shards"`
	BatchSize     int     `json:"batch_size"`
	Steps         int     `json:"steps"`
	Parameters    int     `json:"parameters"`
	Kernel        string  `json:"kernel"`
	Communication string  `json:"mpi"`
	Dataset       string  `json:"dataset"`
	Substitute    bool    `json:"substitute"`
}

// measureRanks is bench --distributed.
func (o *benchOptions) measureRanks(ctx context.Context, env environment, p *peers, c configs.Config) error {
	if c.Train.Shards < max(2, p.Size()) {
		return &sharedError{&usageError{err: fmt.Errorf("--shards %d: bench --distributed needs a shard for every rank, and two at least", c.Train.Shards), hint: fmt.Sprintf("as --shards %d", max(2, p.Size()))}}
	}
	engine, err := p.newEngine(env, c.Train.Threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	set, err := loadData(ctx, env, c.Data, o.json)
	if err := p.agree(err); err != nil {
		return err
	}
	b, err := train.BenchRanks(ctx, c, set, engine, p, time.Duration(o.seconds*float64(time.Second)))
	if err != nil {
		return err
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1e3 }
	r := benchRanksResult{
		ImagesPerS: b.ImagesPerS, MsPerStep: ms(b.StepTime), MsCompute: ms(b.Compute), MsTalk: ms(b.Communication), MsOverlap: ms(b.Overlap),
		Ranks: b.Ranks, Threads: b.Threads, Shards: b.Shards, BatchSize: b.Images, Steps: b.Steps, Parameters: b.ParameterCount, Kernel: b.Kernel,
		Communication: p.Name(), Dataset: set.Name, Substitute: set.Substitute,
	}
	if o.json {
		return writeJSON(env.stdout, r)
	}
	_, err = fmt.Fprintf(env.stdout, "%.0f images/s, %.3f ms a step of %d images in %d shards (median of blocks over %d steps; data set %s)\n"+
		"%s of %s, kernel %s, %s, %d parameters\n"+
		"compute %.3f ms, communication %.3f ms with the wait for other ranks, %.3f ms of it while computing\n",
		r.ImagesPerS, r.MsPerStep, r.BatchSize, r.Shards, r.Steps, r.Dataset,
		words.Counted(r.Ranks, "rank"), words.Counted(r.Threads, "thread"), r.Kernel, r.Communication, r.Parameters,
		r.MsCompute, r.MsTalk, r.MsOverlap)
	return err
}
