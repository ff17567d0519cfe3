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

// Train a model whose code follows N(0.5, 0.1^2) on the built-in digits and
// draw from it.
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
	config.Train.Epochs, config.Train.LearningRate = 2, 5e-3

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
	// Output: 2 epochs, 16 digits of 784 pixels
}
