package configs_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaectl/configs"
)

// halving are layers of which only the channels are said.
func halving(channels ...int) configs.Convolutions {
	var layers configs.Convolutions
	for _, n := range channels {
		layers = append(layers, configs.Convolution{Channels: n, Kernel: 4, Stride: 2, Padding: 1})
	}
	return layers
}

func TestConvolutionsOfFlagsAndFiles(t *testing.T) {
	want := append(halving(32), configs.Convolution{Channels: 64, Kernel: 3, Stride: 1, Padding: 1}, configs.Convolution{Channels: 8, Kernel: 4, Stride: 2, Padding: 0})
	c := configs.Default()
	if err := c.Set("model.conv", " 32, 64k3s1p1 ,8p0"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, c.Model.Conv); diff != "" {
		t.Errorf("flag: %s", diff)
	}
	if text, err := c.Get("model.conv"); err != nil || text != "32,64k3s1,8p0" {
		t.Errorf("written as %q, %v", text, err)
	}
	c, err := configs.Parse(strings.NewReader("model:\n  conv: [32, {channels: 64, kernel: 3, stride: 1}, {padding: 0, channels: 8}]\n"), "file")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, c.Model.Conv); diff != "" {
		t.Errorf("file: %s", diff)
	}
}

func TestConvolutionsThatAreNone(t *testing.T) {
	c := configs.Default()
	for _, text := range []string{"x", "32k", "k3", "32k3k4", "32z1", "-3", "32,,64", "99999999999999999999", "32k3s1p1!"} {
		if err := c.Set("model.conv", text); err == nil {
			t.Errorf("%q was accepted as %v", text, c.Model.Conv)
		}
	}
	for text, want := range map[string]string{
		"[{channels: 3, strides: 2}]":    `did you mean "stride"?`,
		"[{kernel: 3}]":                  "without channels",
		"[{channels: 3, channels: 4}]":   "twice",
		"[[3]]":                          "must be a number of channels",
		"[{channels: 1.5}]":              "a whole number",
		"thirty":                         "must be a number of channels",
		"[{channels: 3, kernel: three}]": "kernel",
	} {
		_, err := configs.Parse(strings.NewReader("model:\n  conv: "+text+"\n"), "file")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"0":      "channels",
		"8k99":   "kernel",
		"8s5":    "stride",
		"8s0":    "stride",
		"8p4":    "padding",
		"":       "1 to 32",
		"32,5p9": "layer 1",
	} {
		c := configs.Default()
		if err := c.Set("model.network", "conv"); err != nil {
			t.Fatal(err)
		}
		if err := c.Set("model.conv", text); err != nil {
			t.Fatal(err)
		}
		if err := configs.Validate(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// Whatever the layers, flags and files read back what they are written as.
func TestConvolutionsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(0, 4096))
		layers := configs.Convolutions(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) configs.Convolution {
			return configs.Convolution{
				Channels: number.Draw(t, "channels"), Kernel: number.Draw(t, "kernel"), Stride: number.Draw(t, "stride"), Padding: number.Draw(t, "padding"),
			}
		}), 1, 5).Draw(t, "layers"))
		c := configs.Default()
		if err := c.Set("model.conv", layers.String()); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := configs.Write(&file, c); err != nil {
			t.Fatal(err)
		}
		read, err := configs.Parse(&file, "file")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(layers, c.Model.Conv); diff != "" {
			t.Errorf("flag: %s", diff)
		}
		if diff := cmp.Diff(layers, read.Model.Conv); diff != "" {
			t.Errorf("file: %s", diff)
		}
	})
}
