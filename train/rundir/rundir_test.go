package rundir

import (
	"path/filepath"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/dev/testkit"
	"vaectl/vae"
)

func engine(t testing.TB) *vae.Engine {
	t.Helper()
	return (*vae.Engine)(testkit.Engine(t, "", 1))
}

// smallModel is one whose weights are all the given number.
func smallModel(t testing.TB, weight float32) *vae.Model {
	t.Helper()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent = []int{2}, 1
	m, err := vae.New(c, data.Shape{Height: 2, Width: 2, Channels: 1}, engine(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.Weights() {
		m.Weights()[i] = weight
	}
	return m
}

// moments stand for the state of an optimiser.
func moments(value float32) []Tensor {
	return []Tensor{{Name: "first.weight", Shape: []int{1}, Data: []float32{value}}}
}

// fill writes all that a run has when it is published.
func fill(w *Writer, m *vae.Model, name string) error {
	if err := w.Save(Last, m, moments(0), State{}); err != nil {
		return err
	}
	if err := w.WriteConfig(m.Config()); err != nil {
		return err
	}
	return w.WriteRecord(Record{Name: name, Status: Running, Prior: "N(0, 1)"})
}

// makeRun makes a run that nobody trains in and whose record says running.
func makeRun(t testing.TB, root, name string) string {
	t.Helper()
	w, err := Store{}.Create(root, name, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(w, smallModel(t, 0), name); err != nil {
		t.Fatal(err)
	}
	if err := w.Publish(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, name)
}
