// Command table prints what the tests of exports have measured as a table: for each
// model the largest difference from vaectl in each program that computes it.
//
//	VAECTL_DIFFERENCES=DIR go test ./internal/export/...; go run ./internal/dev/exporttest/table DIR
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vaectl/internal/dev/exporttest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: table DIR")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

// write writes the table in Markdown.
func write(w io.Writer, folder string) error {
	programs := exporttest.Programs()
	var columns []map[string]exporttest.Difference
	for _, p := range programs {
		var all map[string]exporttest.Difference
		text, err := os.ReadFile(filepath.Join(folder, p+".json"))
		if err == nil {
			err = json.Unmarshal(text, &all)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		columns = append(columns, all)
	}
	lines := []string{"| model | " + strings.Join(programs, " | ") + " |", "|---" + strings.Repeat("|---", len(programs)) + "|"}
	for _, c := range exporttest.Cases() {
		line := "| " + c.Name
		for _, all := range columns {
			cell := "-"
			if d, ok := all[c.Name]; ok {
				cell = fmt.Sprintf("%.1g", d.Largest())
			}
			line += " | " + cell
		}
		lines = append(lines, line+" |")
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
