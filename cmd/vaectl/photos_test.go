package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// photos DIR writes a folder of pictures as people have them: JPEG and PNG files of
// several sizes, in three classes, of which each has a colour.
func photos(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: photos DIR")
	}
	for class, name := range []string{"cats", "dogs", "Food & Drink"} {
		folder := filepath.Join(ts.MkAbs(args[0]), name)
		ts.Check(os.MkdirAll(folder, 0o777))
		for i := range 20 {
			height, width := 20+i%3*7, 20+i%4*5
			m := image.NewNRGBA(image.Rect(0, 0, width, height))
			for p := range height * width {
				c := color.NRGBA{R: 40, G: 40, B: 40, A: 255}
				*[]*uint8{&c.R, &c.G, &c.B}[class] = byte(100 + (p*7+i*31)%150)
				m.SetNRGBA(p%width, p/width, c)
			}
			var b bytes.Buffer
			file := fmt.Sprintf("%02d.png", i)
			if i%2 == 0 {
				file = fmt.Sprintf("%02d.jpg", i)
				ts.Check(jpeg.Encode(&b, m, nil))
			} else {
				ts.Check(png.Encode(&b, m))
			}
			ts.Check(os.WriteFile(filepath.Join(folder, file), b.Bytes(), 0o666))
		}
	}
}
