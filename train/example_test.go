package train_test

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

// Train a model whose code follows N(0.5, 0.1^2) for three epochs of the built-in digits,
// and draw from it.
func Example() {
	ctx := context.Background()
	engine, err := vae.NewEngine("", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	digits, err := data.Load(ctx, data.Options{Name: "strokes", BuiltinTrain: 2000, BuiltinTest: 500})
	if err != nil {
		log.Fatal(err)
	}

	config := configs.Default()
	config.Prior.Mean, config.Prior.Std = configs.Floats{0.5}, configs.Floats{0.1}
	config.Model.Hidden, config.Model.Latent = []int{64}, 4
	config.Train.Epochs, config.Train.LearningRate = 3, 5e-3

	runs, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(runs)
	run, err := train.Create(runs, "example", false, config)
	if err != nil {
		log.Fatal(err)
	}
	defer run.Close()
	result, err := run.Train(ctx, train.Options{Data: digits, Engine: engine})
	if err != nil {
		log.Fatal(err)
	}

	samples, err := result.Model.Sample(16, 1, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d epochs, %d digits of %d pixels\n", result.Final.Epoch, len(samples.Z)/4, len(samples.Means)/16)
	// Output: 3 epochs, 16 digits of 784 pixels
}

// Best is a recorder of the caller's own: it remembers the lowest loss, and ends the
// training when the loss rises.
type Best struct {
	Loss float64 // nats per image
	At   int     // the epoch that has it
}

func (b *Best) Begin(p train.Progress)  { fmt.Println("about to take", p.TotalSteps, "steps") }
func (b *Best) Step(s train.StepRecord) {}

func (b *Best) Epoch(e train.EpochRecord) error {
	if b.At > 0 && e.Evaluation.NegELBO > b.Loss {
		return fmt.Errorf("the loss rose after epoch %d", b.At)
	}
	b.Loss, b.At = e.Evaluation.NegELBO, e.Epoch
	return nil
}

// A recorder of one's own hears of every step and every evaluation.
func ExampleRecorder() {
	ctx := context.Background()
	engine, err := vae.NewEngine("", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	config := configs.Default()
	config.Model.Hidden, config.Model.Latent, config.Train.Epochs = []int{32}, 2, 3
	runs, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(runs)
	load := func(ctx context.Context, _ configs.Data) (*data.Set, error) {
		return data.Load(ctx, data.Options{Name: "strokes", BuiltinTrain: 1000, BuiltinTest: 100})
	}
	training, err := train.Begin(ctx, train.Job{Root: runs, Name: "watched", Config: config, Load: load, Engine: engine})
	if err != nil {
		log.Fatal(err)
	}
	defer training.Close()
	var best Best
	if _, err := training.Train(ctx, train.Options{Recorders: []train.Recorder{&best}}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the best epoch of three:", best.At)
	// Output:
	// about to take 24 steps
	// the best epoch of three: 3
}
