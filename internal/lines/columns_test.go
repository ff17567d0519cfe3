package lines

import "testing"

func TestColumns(t *testing.T) {
	for _, c := range []struct{ text, left, right string }{
		{"", "", ""},
		{"a\tbcd\t\n12\t3\t\n", "a   bcd\n12  3\n", "   a  bcd\n  12    3\n"},
		{"a\tlast\nlonger\tl\n", "a       last\nlonger  l\n", "       alast\n  longerl\n"},
		{"héé\tx\t\nab\ty\t\n", "héé  x\nab   y\n", "  héé  x\n   ab  y\n"},
	} {
		if got := Columns(c.text); got != c.left {
			t.Errorf("%q becomes %q, want %q", c.text, got, c.left)
		}
		if got := RightColumns(c.text); got != c.right {
			t.Errorf("%q becomes %q to the right, want %q", c.text, got, c.right)
		}
	}
}
