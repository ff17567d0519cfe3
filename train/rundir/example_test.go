package rundir_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// A run is read from any file system, such as one that go:embed puts into a program; here
// it is a folder of the disk.
func ExampleOpenFS() {
	engine, err := vae.NewEngine("", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	root, err := os.MkdirTemp("", "runs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	if err := trainDigits(root, engine); err != nil {
		log.Fatal(err)
	}

	run, err := rundir.OpenFS(os.DirFS(filepath.Join(root, "digits")), "digits")
	if err != nil {
		log.Fatal(err)
	}
	checkpoint, err := run.Checkpoint(rundir.Best, engine)
	if err != nil {
		log.Fatal(err)
	}
	m := checkpoint.Model
	means, err := m.Decode(vae.Codes{Z: []float64{0.5, -1}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %s, after epoch %d: z of %d numbers to %d pixels\n",
		run.Record.Status, run.Record.Prior, checkpoint.State.Evaluated, m.Latents(), len(means))
	// Output: finished, normal(mean 0, std 1), after epoch 1: z of 2 numbers to 784 pixels
}

// trainDigits trains a small model.
func trainDigits(root string, engine *vae.Engine) error {
	ctx := context.Background()
	digits, err := data.Load(ctx, data.Options{Name: "strokes", BuiltinTrain: 500, BuiltinTest: 100})
	if err != nil {
		return err
	}
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent, c.Train.Epochs = []int{16}, 2, 1
	run, err := train.Create(root, "digits", false, c)
	if err != nil {
		return err
	}
	defer run.Close()
	_, err = run.Train(ctx, train.Options{Data: digits, Engine: engine})
	return err
}
