// Command webdecode is a web server with a trained run inside: it decodes latent codes
// into pictures. http://127.0.0.1:8090/?z=-1&z=1 is the picture of the code (-1, 1).
package main

import (
	"embed"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"log"
	"net/http"
	"strconv"

	"vaectl/train/rundir"
	"vaectl/vae"
)

//go:embed run
var files embed.FS

func main() {
	m, err := load()
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:8090", decoder(m)))
}

// load reads the model of the embedded run.
func load() (*vae.Model, error) {
	engine, err := vae.NewEngine("", 1)
	if err != nil {
		return nil, err
	}
	inside, err := fs.Sub(files, "run")
	if err != nil {
		return nil, err
	}
	run, err := rundir.OpenFS(inside, "digits")
	if err != nil {
		return nil, err
	}
	checkpoint, err := run.Checkpoint(rundir.Best, engine)
	if err != nil {
		return nil, err
	}
	return checkpoint.Model, nil
}

// decoder answers with the picture of the code in the query.
func decoder(m *vae.Model) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var z []float64
		for _, text := range r.URL.Query()["z"] {
			if v, err := strconv.ParseFloat(text, 64); err == nil {
				z = append(z, v)
			}
		}
		if len(z) != m.Latents() {
			http.Error(w, fmt.Sprintf("want %d numbers z", m.Latents()), http.StatusBadRequest)
			return
		}
		means, err := m.Decode(vae.Codes{Z: z})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		picture := image.NewGray(image.Rect(0, 0, m.Shape().Width, m.Shape().Height))
		for i, v := range means {
			picture.Pix[i] = byte(255*v + 0.5)
		}
		_ = png.Encode(w, picture) // to a client that may be gone
	}
}
