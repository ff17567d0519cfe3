package configs

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// A setting that is on or off takes the words true and false and nothing that
// merely looks like them, from a flag and from a file.
func TestSwitches(t *testing.T) {
	for _, c := range []struct {
		text       string
		flag, file bool // whether each takes it
		want       bool
	}{
		{"true", true, true, true},
		{"false", true, true, false},
		{"1", false, false, false},
		{"yes", false, false, false},
		{`"true"`, false, false, false},
		{"[true]", false, false, false},
		{"", false, false, false},
	} {
		got := !c.want
		if err := setText(&got, c.text); (err == nil) != c.flag || (c.flag && got != c.want) {
			t.Errorf("flag %q gives %t, %v", c.text, got, err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal([]byte("x: "+c.text), &document); err != nil {
			t.Fatal(err)
		}
		got = !c.want
		if err := setNode(&got, document.Content[0].Content[1]); (err == nil) != c.file || (c.file && got != c.want) {
			t.Errorf("file %q gives %t, %v", c.text, got, err)
		}
	}
	on := true
	if got := textOf(&on); got != "true" {
		t.Errorf("true is written %q", got)
	}
}
