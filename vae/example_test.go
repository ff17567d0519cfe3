package vae_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/vae"
)

// A loop of one's own: three epochs of plain gradient descent on built-in digits, then
// an evaluation and samples.
func Example() {
	engine, err := vae.NewEngine("", 0)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	digits, err := data.Load(context.Background(), data.Options{Name: "strokes", BuiltinTrain: 512, BuiltinTest: 100})
	if err != nil {
		log.Fatal(err)
	}
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{64}, 4
	m, err := vae.New(c, digits.Train.Shape, engine)
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		log.Fatal(err)
	}

	train, err := data.NewReader(&digits.Train, data.Grey, engine)
	if err != nil {
		log.Fatal(err)
	}
	const batch, epochs = 32, 3
	gradients := make([]float32, len(m.Weights()))
	step, err := m.NewStep(batch, vae.Collecting{Gradients: gradients})
	if err != nil {
		log.Fatal(err)
	}
	number := uint64(0)
	indices := make([]int32, batch)
	for range epochs {
		for first := 0; first+batch <= digits.Train.Count; first += batch {
			for i := range indices {
				indices[i] = int32(first + i)
			}
			step.Read(train, indices, data.TrainingDraw(1, number))
			step.Draw(1, number)
			step.Forward()
			step.Backward()
			for i, g := range gradients {
				m.Weights()[i] -= 5e-4 * g
			}
			number++
		}
	}

	test, err := data.NewReader(&digits.Test, data.Grey, engine)
	if err != nil {
		log.Fatal(err)
	}
	evaluation, err := m.Evaluate(context.Background(), test, 1)
	if err != nil {
		log.Fatal(err)
	}
	samples, err := m.Sample(16, 1, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d steps; the ELBO of %d test images is known: %t; %d samples of %d values\n",
		number, evaluation.Images, evaluation.NegELBO > 0, len(samples.Means)/m.Values(), m.Values())
	// Output: 48 steps; the ELBO of 100 test images is known: true; 16 samples of 784 values
}

// Encode a picture of any size, and decode the code that it has.
func ExampleModel_Encode() {
	engine, err := vae.NewEngine("", 1)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{32}, 2
	m, err := vae.New(c, data.Shape{Height: 8, Width: 8, Channels: 1}, engine)
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Init(1); err != nil { // a trained model comes from [rundir.Run.Checkpoint]
		log.Fatal(err)
	}

	// A file, such as a PNG, becomes the bytes of an image of the model's shape.
	picture := image.NewGray(image.Rect(0, 0, 64, 48))
	picture.Set(32, 24, color.White)
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		log.Fatal(err)
	}
	pixels, err := data.Preparation{}.Picture(file.Bytes(), m.Shape())
	if err != nil {
		log.Fatal(err)
	}
	// A reader makes the numbers of them that models read.
	reader, err := data.NewReader(&data.Split{Shape: m.Shape(), Count: 1, Bytes: pixels}, data.Grey, engine)
	if err != nil {
		log.Fatal(err)
	}
	images, err := m.Images(reader)
	if err != nil {
		log.Fatal(err)
	}
	posterior, err := m.Encode(images.Batch([]int32{0}, data.EvaluationDraw(1)))
	if err != nil {
		log.Fatal(err)
	}
	means, err := m.Decode(vae.Codes{Z: posterior.Z})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("a code of %d numbers, decoded to %d pixels\n", len(posterior.Z), len(means))
	// Output: a code of 2 numbers, decoded to 64 pixels
}

// Samples follow the weights and the seed alone: the first of many are those of few.
func ExampleModel_Sample() {
	engine, err := vae.NewEngine("", 1)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{32}, 2
	c.Prior.Mean, c.Prior.Std = configs.Floats{0.5}, configs.Floats{0.1}
	m, err := vae.New(c, data.Shape{Height: 8, Width: 8, Channels: 1}, engine)
	if err != nil {
		log.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		log.Fatal(err)
	}
	few, err := m.Sample(4, 7, nil)
	if err != nil {
		log.Fatal(err)
	}
	many, err := m.Sample(1000, 7, nil)
	if err != nil {
		log.Fatal(err)
	}
	var mean float64
	for _, z := range many.Z {
		mean += z / float64(len(many.Z))
	}
	fmt.Printf("z has the mean %.1f; the first of many are those of few: %t\n", mean, few.Z[0] == many.Z[0] && few.Means[0] == many.Means[0])
	// Output: z has the mean 0.5; the first of many are those of few: true
}
