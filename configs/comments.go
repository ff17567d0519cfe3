package configs

import (
	_ "embed" // for source
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
)

// source is the file whose comments document the settings: they are written once, where the settings are.
//
//go:embed config.go
var source string

// docKey names a field of a struct.
type docKey struct{ structure, field string }

// readDocs reads the doc comment of every field in config.go.
func readDocs() map[docKey]string {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		panic(fmt.Sprintf("configs: own source: %v", err))
	}
	docs := map[docKey]string{}
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok {
			return true
		}
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, field := range structure.Fields.List {
			for _, name := range field.Names {
				docs[docKey{spec.Name.Name, name.Name}] = field.Doc.Text()
			}
		}
		return false
	})
	return docs
}
