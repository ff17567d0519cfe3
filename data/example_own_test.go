package data_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"

	"vaectl/data"
)

// A set of one's own is bytes and labels: here crosses of 5x5 pixels, a row and a column
// each, read as a model reads them.
func ExampleReader() {
	crosses := data.Split{Shape: data.Shape{Height: 5, Width: 5, Channels: 1}, Count: 25, Bytes: make([]byte, 25*25)}
	for i := range crosses.Count {
		for j := range 5 {
			crosses.Image(i)[5*(i%5)+j] = 255
			crosses.Image(i)[5*j+i/5] = 255
		}
		crosses.Labels = append(crosses.Labels, i%5)
	}
	set := &data.Set{Name: "crosses", Source: "drawn here", Digest: "crosses 1", Train: crosses, Test: crosses}
	fmt.Println(set)

	engine, err := data.NewEngine("", 1)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	reader, err := data.NewReader(&set.Train, data.Dynamic, engine)
	if err != nil {
		log.Fatal(err)
	}
	rows := make([]float32, 2*set.Train.Values())
	reader.Read(rows, []int32{3, 24}, data.TrainingDraw(1, 0))
	fmt.Println(rows[:5], rows[25:30])
	// Output:
	// crosses: 25 training and 25 test images of 5x5 from drawn here
	// [1 0 0 0 0] [0 0 0 0 1]
}

// A picture of any size and colour becomes an image of a shape.
func ExamplePreparation_Picture() {
	picture := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for x := range 40 {
		for y := range 20 {
			picture.Set(x, y, color.NRGBA{R: 255, A: 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		log.Fatal(err)
	}
	pixels, err := data.Preparation{Fit: data.Pad}.Picture(file.Bytes(), data.Shape{Height: 4, Width: 4, Channels: 3})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("above:", pixels[:3], "inside:", pixels[3*4:3*4+3])
	// Output: above: [255 255 255] inside: [255 0 0]
}
