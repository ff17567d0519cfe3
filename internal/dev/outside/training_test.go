package outside

import (
	"context"
	"fmt"
	"log"
	"os"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train"
	"vaectl/vae"
)

// best is a recorder that remembers the lowest loss.
type best struct {
	loss  float64
	epoch int
}

func (b *best) Begin(train.Progress)  {}
func (b *best) Step(train.StepRecord) {}
func (b *best) Epoch(e train.EpochRecord) error {
	if b.epoch == 0 || e.Evaluation.NegELBO < b.loss {
		b.loss, b.epoch = e.Evaluation.NegELBO, e.Epoch
	}
	return nil
}

// Images from a source of one's own are trained on like any others, and a recorder of
// one's own hears of every epoch.
func Example_training() {
	engine, err := vae.NewEngine("", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{32}, 2
	c.Train.Epochs, c.Train.BatchSize, c.Train.LearningRate = 20, 16, 0.01
	runs, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(runs)

	source := func(context.Context, configs.Data) (*data.Set, error) {
		return &data.Set{Name: "crosses", Source: "drawn here", Digest: "crosses 1", Train: *crosses(), Test: *crosses()}, nil
	}
	ctx := context.Background()
	training, err := train.Begin(ctx, train.Job{Root: runs, Name: "crosses", Config: c, Load: source, Engine: engine})
	if err != nil {
		log.Fatal(err)
	}
	defer training.Close()
	var watcher best
	result, err := training.Train(ctx, train.Options{Recorders: []train.Recorder{&watcher}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d epochs; the best loss is known: %t\n", result.Final.Epoch, watcher.epoch > 0 && watcher.loss <= result.Final.Evaluation.NegELBO)
	// Output: 20 epochs; the best loss is known: true
}
