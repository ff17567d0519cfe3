package main

import (
	"fmt"
	"go/constant"
	"go/format"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// describer writes the exported declarations of a package.
type describer struct {
	own       *types.Package
	imported  map[string]bool
	declaring string   // the name under way
	internal  []string // mentions of internal types
	hidden    []*types.TypeName
	seen      map[*types.TypeName]bool
}

// describe writes a package of a module, and what it mentions of internal packages.
func describe(p *types.Package, module string) (description, []string) {
	d := &describer{own: p, imported: map[string]bool{}, seen: map[*types.TypeName]bool{}}
	var body strings.Builder
	for _, name := range p.Scope().Names() {
		if object := p.Scope().Lookup(name); object.Exported() {
			d.declare(&body, object)
		}
	}
	// Types that are not exported but that an exported declaration leads to.
	for len(d.hidden) > 0 {
		next := d.hidden[0]
		d.hidden = d.hidden[1:]
		d.declare(&body, next)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "package %s\n", p.Name())
	for _, path := range slices.Sorted(maps.Keys(d.imported)) {
		fmt.Fprintf(&text, "import %q\n", path)
	}
	text.WriteString(body.String())
	source, err := format.Source([]byte(text.String()))
	if err != nil {
		panic(fmt.Sprintf("api: the description of %s is no Go: %v\n%s", p.Path(), err, text.String()))
	}
	path := strings.TrimPrefix(p.Path(), module+"/")
	return description{path, string(source)}, d.internal
}

// qualify names the package of a type, and notes it.
func (d *describer) qualify(p *types.Package) string {
	if p == d.own {
		return ""
	}
	d.imported[p.Path()] = true
	return p.Name()
}

// text writes a type.
func (d *describer) text(t types.Type) string {
	d.visit(t)
	return types.TypeString(t, d.qualify)
}

// visit notes the internal types and the hidden types of this package that a type
// mentions.
func (d *describer) visit(t types.Type) {
	switch t := t.(type) {
	case *types.Alias:
		d.mention(t.Obj())
	case *types.Named:
		d.mention(t.Obj())
		for i := range t.TypeArgs().Len() {
			d.visit(t.TypeArgs().At(i))
		}
	case interface{ Elem() types.Type }:
		if m, ok := t.(*types.Map); ok {
			d.visit(m.Key())
		}
		d.visit(t.Elem())
	case *types.Signature:
		d.visitAll(t.Params())
		d.visitAll(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			d.visit(f.Type())
		}
	case *types.Interface:
		for m := range t.Methods() {
			d.visit(m.Type())
		}
	}
}

func (d *describer) visitAll(t *types.Tuple) {
	for v := range t.Variables() {
		d.visit(v.Type())
	}
}

func (d *describer) mention(name *types.TypeName) {
	switch p := name.Pkg(); {
	case p == nil:
	case p == d.own && !name.Exported() && name.Parent() == p.Scope():
		if !d.seen[name] {
			d.seen[name] = true
			d.hidden = append(d.hidden, name)
		}
	case isInternal(p.Path()) && !strings.Contains(strings.Split(p.Path(), "/")[0], "."):
		d.internal = append(d.internal, fmt.Sprintf("%s.%s mentions %s.%s", d.own.Path(), d.declaring, p.Path(), name.Name()))
	}
}

func (d *describer) declare(w *strings.Builder, object types.Object) {
	d.declaring = object.Name()
	switch o := object.(type) {
	case *types.Const:
		d.constant(w, o)
	case *types.Var:
		fmt.Fprintf(w, "\nvar %s %s\n", o.Name(), d.text(o.Type()))
	case *types.Func:
		fmt.Fprintf(w, "\nfunc %s%s\n", o.Name(), d.signature(o))
	case *types.TypeName:
		d.typeName(w, o)
	}
}

func (d *describer) signature(f *types.Func) string {
	return strings.TrimPrefix(d.text(f.Type()), "func")
}

func (d *describer) constant(w *strings.Builder, c *types.Const) {
	kind := ""
	if b, ok := c.Type().(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
		kind = d.text(c.Type())
	}
	value := c.Val().ExactString()
	if c.Val().Kind() == constant.Float {
		f, _ := constant.Float64Val(c.Val())
		value = strconv.FormatFloat(f, 'g', -1, 64)
	}
	fmt.Fprintf(w, "\nconst %s %s = %s\n", c.Name(), kind, value)
}

func (d *describer) typeName(w *strings.Builder, o *types.TypeName) {
	if o.IsAlias() {
		of := types.Unalias(o.Type())
		if a, ok := o.Type().(*types.Alias); ok {
			of = a.Rhs()
		}
		fmt.Fprintf(w, "\ntype %s = %s\n", o.Name(), d.text(of))
		return
	}
	named := o.Type().(*types.Named)
	fmt.Fprintf(w, "\ntype %s ", o.Name())
	switch u := named.Underlying().(type) {
	case *types.Struct:
		d.structure(w, u)
	case *types.Interface:
		d.interfaces(w, u)
		return
	default:
		fmt.Fprintln(w, d.text(u))
	}
	d.methods(w, named)
}

// structure writes the exported fields of a struct, with those that it has of hidden
// embedded ones, and whether there are others.
func (d *describer) structure(w *strings.Builder, s *types.Struct) {
	w.WriteString("struct {\n")
	hidden := d.fields(w, s)
	switch {
	case hidden && types.Comparable(s):
		w.WriteString("_ struct{}\n")
	case hidden:
		w.WriteString("_ [0]func()\n")
	}
	w.WriteString("}\n")
}

func (d *describer) fields(w *strings.Builder, s *types.Struct) (hidden bool) {
	for i := range s.NumFields() {
		f := s.Field(i)
		if !f.Exported() {
			hidden = true
			if of, ok := f.Type().Underlying().(*types.Struct); ok && f.Embedded() {
				d.fields(w, of)
			}
			continue
		}
		name := f.Name() + " "
		if f.Embedded() {
			name = ""
		}
		tag := ""
		if s.Tag(i) != "" {
			tag = " `" + s.Tag(i) + "`"
		}
		fmt.Fprintf(w, "%s%s%s\n", name, d.text(f.Type()), tag)
	}
	return hidden
}

// interfaces writes the methods of an interface, those of embedded ones included.
func (d *describer) interfaces(w *strings.Builder, i *types.Interface) {
	w.WriteString("interface {\n")
	for m := range i.Methods() {
		name := m.Name()
		if !m.Exported() {
			// Nobody outside can implement it; how it is called is of no consequence.
			fmt.Fprintf(w, "%s()\n", name)
			continue
		}
		fmt.Fprintf(w, "%s%s\n", name, d.signature(m))
	}
	w.WriteString("}\n")
}

// methods writes the exported methods of a type, except those of exported embedded
// fields.
func (d *describer) methods(w *strings.Builder, named *types.Named) {
	values := types.NewMethodSet(named)
	for m := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		f := m.Obj().(*types.Func)
		if !f.Exported() || d.fromExported(named, m.Index()) {
			continue
		}
		star := "*"
		if values.Lookup(f.Pkg(), f.Name()) != nil {
			star = ""
		}
		d.declaring = named.Obj().Name() + "." + f.Name()
		fmt.Fprintf(w, "\nfunc (%s%s) %s%s\n", star, named.Obj().Name(), f.Name(), d.signature(f))
	}
}

// fromExported tells whether a method is that of an embedded field that the
// description has.
func (d *describer) fromExported(named *types.Named, path []int) bool {
	s, ok := named.Underlying().(*types.Struct)
	return ok && len(path) > 1 && s.Field(path[0]).Exported()
}
