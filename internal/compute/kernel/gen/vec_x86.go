package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// emitX86Family emits every kernel for one instruction set.
func emitX86Family(i isa) {
	ConstraintExpr("amd64")
	pool := &constantPool{offsets: map[uint32]int{}}
	for _, k := range vecKernels() {
		emitX86(i, k, pool)
	}
	emitWords(i, pool)
	emitBernoulliBytes(i, pool)
	emitBytes(i, pool)
	pool.emit()
}

// suffix names an instruction set in function names.
func (i isa) suffix() string { return [...]string{"AVX512", "AVX2", "NEON"}[i] }

// lanes is the number of float32 in a vector register.
func (i isa) lanes() int { return [...]int{16, 8, 4}[i] }

// arguments lists the distinct pointer arguments of a kernel, outputs first.
func (k kernel) arguments() []string {
	var names []string
	for _, s := range append(append([]stream{}, k.outputs...), k.inputs...) {
		if !slices.Contains(names, s.name) {
			names = append(names, s.name)
		}
	}
	return names
}

// program returns the kernel's body for one instruction set.
func (k kernel) program(i isa) *program {
	p := &program{isa: i}
	k.body(p)
	return p
}

// signature is the Go type of the kernel's function.
func (k kernel) signature() string {
	signature := "func(" + strings.Join(k.arguments(), ", ") + " *float32, "
	if len(k.params) > 0 {
		signature += strings.Join(k.params, ", ") + " float32, "
	}
	signature += "n int)"
	if k.program(avx2).sums() != opConst {
		signature += " float64"
	}
	return signature
}

// emitX86 emits the function of one kernel: a loop over as many vectors at once as pay, then masked vectors to the end.
func emitX86(i isa, k kernel, pool *constantPool) {
	body := k.program(i)
	TEXT(k.name+i.suffix(), NOSPLIT, k.signature())
	Doc(fmt.Sprintf("%s%s computes %s, for n elements.", k.name, i.suffix(), k.doc))
	Pragma("noescape")

	f := &x86Function{isa: i, kernel: k, pool: pool, pointers: map[string]reg.Register{}, shared: map[sharedKey]reg.VecVirtual{}}
	for _, name := range k.arguments() {
		f.pointers[name] = Load(Param(name), GP64())
	}
	remaining := Load(Param("n"), GP64())
	endFlushing := func() {}
	if k.flushes {
		endFlushing = beginFlushing()
	}
	f.index = GP64()
	XORQ(f.index, f.index)
	f.hoist(body)

	copies, _ := tuning(i, k)
	f.zeroSums(body, copies)
	step := copies * i.lanes()
	if k.paired {
		step = 32
	}
	Label("bulk")
	SUBQ(I32(step), remaining)
	JLT(LabelRef("tail"))
	f.emit(body.interleave(copies))
	ADDQ(I32(step), f.index)
	JMP(LabelRef("bulk"))

	Label("tail")
	if k.paired {
		VZEROUPPER()
		RET()
		return
	}
	ADDQ(I32(step), remaining)
	Label("masked")
	TESTQ(remaining, remaining)
	JLE(LabelRef("done"))
	f.loadMask(remaining)
	f.emit(body)
	ADDQ(U32(i.lanes()), f.index)
	SUBQ(U32(i.lanes()), remaining)
	JMP(LabelRef("masked"))

	Label("done")
	f.returnSum(body)
	endFlushing()
	VZEROUPPER()
	RET()
}

// beginFlushing has numbers too small to be normal read and written as 0 until the function it returns is called.
func beginFlushing() (end func()) {
	const flushAndDenormalsAreZero = 1<<15 | 1<<6
	before, during := AllocLocal(8), AllocLocal(8)
	mode := GP32()
	STMXCSR(before)
	MOVL(before, mode)
	ORL(U32(flushAndDenormalsAreZero), mode)
	MOVL(mode, during)
	LDMXCSR(during)
	return func() { LDMXCSR(before) }
}

// tuning is the number of vectors a kernel computes side by side and the number of its constants kept in registers; measured.
func tuning(i isa, k kernel) (copies, constants int) {
	copies, constants = 2, 20
	if i == avx2 {
		constants = 6
	}
	switch {
	case k.paired:
		copies = 16 / i.lanes()
	case i == avx512 && k.name == "log1p":
		copies = 1
	case strings.HasPrefix(k.name, "logisticCell"): // too much at a time for two
		copies, constants = 1, 0
		if i == avx2 {
			constants = 2
		}
	case i == avx512 && k.name == "bernoulliGrad":
		constants = 16
	}
	return copies, constants
}

// sharedKey identifies a constant or parameter.
type sharedKey struct {
	code opcode
	bits uint32
}

// An x86Function is the state of one function's emission.
type x86Function struct {
	isa      isa
	kernel   kernel
	pool     *constantPool
	pointers map[string]reg.Register
	index    reg.GPVirtual
	shared   map[sharedKey]reg.VecVirtual
	sums     []reg.VecVirtual // one a copy, or two a copy for wide sums
	maskK    reg.OpmaskVirtual
	maskY    reg.VecVirtual
	masked   bool

	program *program
	last    []int
	where   map[value]reg.VecVirtual
}

func (f *x86Function) vector() reg.VecVirtual {
	if f.isa == avx512 {
		return ZMM()
	}
	return YMM()
}

// hoist loads parameters, and the constants that earn a register, before the loop.
// AVX-512 has registers for nearly all of them; AVX2 reads constants from memory where an instruction can.
func (f *x86Function) hoist(p *program) {
	_, budget := tuning(f.isa, f.kernel)
	foldable := p.foldable()
	for index, in := range p.code {
		key := sharedKey{in.code, in.bits}
		switch {
		case in.code == opParam:
			r := f.vector()
			address, err := Param(f.kernel.params[in.bits]).Resolve()
			if err != nil {
				panic(err)
			}
			VBROADCASTSS(address.Addr, r)
			f.shared[key] = r
		case in.code == opConst && budget > 0 && (f.isa == avx512 || !foldable[index]):
			budget--
			r := f.vector()
			if in.bits == 0 {
				VXORPS(r, r, r)
			} else {
				VBROADCASTSS(f.pool.address(in.bits), r)
			}
			f.shared[key] = r
		}
	}
}

// foldable reports for every value whether each instruction that reads it can take it from memory.
func (p *program) foldable() []bool {
	foldable := make([]bool, len(p.code))
	for index := range foldable {
		foldable[index] = true
	}
	for _, in := range p.code {
		for position, a := range in.args {
			if !in.takesMemory(position) {
				foldable[a] = false
			}
		}
	}
	return foldable
}

// takesMemory reports whether an AVX2 instruction can read an argument from memory.
func (in instruction) takesMemory(position int) bool {
	switch in.code {
	case opAdd, opMul, opAnd, opOr, opXor, opAddInt, opFMA, opFNMA:
		return true
	case opSub, opDiv, opMax, opMin, opSubInt:
		return position == 1
	case opSelectLess:
		return position == 1 || position == 2
	case opSelectNegative:
		return position == 1
	}
	return false
}

// loadMask makes the mask of the lanes below remaining.
func (f *x86Function) loadMask(remaining reg.Register) {
	f.masked = true
	lanes := GP64()
	limit := GP64()
	MOVQ(remaining, lanes)
	MOVQ(U32(f.isa.lanes()), limit)
	CMPQ(lanes, limit)
	CMOVQGT(limit, lanes)
	if f.isa == avx512 {
		bits := GP64()
		MOVQ(lanes, reg.RCX)
		MOVQ(U32(1), bits)
		SHLQ(reg.CL, bits)
		DECQ(bits)
		f.maskK = K()
		KMOVW(bits.As32(), f.maskK)
		return
	}
	table := GP64()
	LEAQ(f.pool.tailMask(), table)
	NEGQ(lanes)
	f.maskY = YMM()
	VMOVUPS(Mem{Base: table, Index: lanes, Scale: 4, Disp: 32}, f.maskY)
}

// address is where a stream's next vector begins.
func (f *x86Function) address(s stream, copy int) Mem {
	return Mem{Base: f.pointers[s.name], Index: f.index, Scale: 4, Disp: 4 * (s.offset + copy*f.isa.lanes())}
}
