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

// A constantPool is the read-only data of a file: 32 bytes for each constant, so that AVX2 can use it as a memory operand.
type constantPool struct {
	offsets map[uint32]int
	order   []uint32
	tables  [][]uint32
}

const (
	poolSymbol     = "vecConstants"
	poolEntry      = 32
	tailMaskSymbol = "vecTailMask"
)

func (c *constantPool) address(bits uint32) Mem {
	offset, ok := c.offsets[bits]
	if !ok {
		offset = len(c.order) * poolEntry
		c.offsets[bits] = offset
		c.order = append(c.order, bits)
	}
	return NewDataAddr(NewStaticSymbol(poolSymbol), offset)
}

// table returns the address of lanes that differ.
func (c *constantPool) table(lanes []uint32) Mem {
	number := slices.IndexFunc(c.tables, func(t []uint32) bool { return slices.Equal(t, lanes) })
	if number < 0 {
		number = len(c.tables)
		c.tables = append(c.tables, lanes)
	}
	return NewDataAddr(NewStaticSymbol(tableSymbol(number)), 0)
}

func tableSymbol(number int) string { return fmt.Sprintf("vecTable%d", number) }

// tailMask is a table of 8 set and 8 clear lanes: 32 bytes from its byte 32-4n on are a mask of n lanes.
func (c *constantPool) tailMask() Mem { return NewDataAddr(NewStaticSymbol(tailMaskSymbol), 0) }

func (c *constantPool) emit() {
	emitData(tailMaskSymbol, append(slices.Repeat([]uint32{0xffffffff}, 8), make([]uint32, 8)...))
	for number, lanes := range c.tables {
		emitData(tableSymbol(number), lanes)
	}
	var constants []uint32
	for _, bits := range c.order {
		constants = append(constants, slices.Repeat([]uint32{bits}, poolEntry/4)...)
	}
	emitData(poolSymbol, constants)
}

func emitData(symbol string, words []uint32) {
	GLOBL(symbol, RODATA|NOPTR)
	for i, word := range words {
		DATA(4*i, U32(word))
	}
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
	VZEROUPPER()
	RET()
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

// emit lowers a program, reusing registers of values that end.
func (f *x86Function) emit(p *program) {
	f.program, f.last, f.where = p, p.lastUses(), map[value]reg.VecVirtual{}
	for index, in := range p.code {
		if !in.shared() {
			f.lower(index, in)
		}
	}
}

// dies reports whether a value in a register of its own is read for the last time by instruction index.
func (f *x86Function) dies(a value, index int) bool {
	return !f.program.code[a].shared() && f.last[a] == index
}

// operand is a value's register, or its constant in memory.
func (f *x86Function) operand(a value) Op {
	in := f.program.code[a]
	if !in.shared() {
		return f.where[a]
	}
	if r, ok := f.shared[sharedKey{in.code, in.bits}]; ok {
		return r
	}
	if f.isa == avx2 {
		return f.pool.address(in.bits)
	}
	return f.register(a)
}

// register is a value's register; a constant without one is loaded.
func (f *x86Function) register(a value) reg.VecVirtual {
	in := f.program.code[a]
	if !in.shared() {
		return f.where[a]
	}
	if r, ok := f.shared[sharedKey{in.code, in.bits}]; ok {
		return r
	}
	r := f.vector()
	VBROADCASTSS(f.pool.address(in.bits), r)
	return r
}

func isMemory(o Op) bool {
	_, ok := o.(Mem)
	return ok
}

// binary lowers dst = a op b.
func (f *x86Function) binary(op func(...Op), in instruction, commutes bool) reg.VecVirtual {
	a, b := in.args[0], in.args[1]
	if commutes && isMemory(f.operand(a)) {
		a, b = b, a
	}
	dst := f.vector()
	op(f.operand(b), f.register(a), dst)
	return dst
}

// fused lowers dst = +-(a*b) + c in the form that destroys a value read for the last time.
func (f *x86Function) fused(index int, in instruction, form132, form213, form231 func(...Op)) reg.VecVirtual {
	a, b, c := in.args[0], in.args[1], in.args[2]
	if isMemory(f.operand(b)) {
		a, b = b, a
	}
	switch {
	case f.dies(c, index):
		dst := f.where[c]
		form231(f.operand(a), f.register(b), dst)
		return dst
	case f.dies(b, index):
		dst := f.where[b]
		if isMemory(f.operand(a)) {
			form132(f.operand(a), f.register(c), dst)
		} else {
			form213(f.operand(c), f.register(a), dst)
		}
		return dst
	case f.dies(a, index):
		dst := f.where[a]
		form213(f.operand(c), f.register(b), dst)
		return dst
	}
	dst := f.vector()
	VMOVUPS(f.operand(c), dst)
	form231(f.operand(a), f.register(b), dst)
	return dst
}

// lower emits one instruction.
func (f *x86Function) lower(index int, in instruction) {
	result := value(index)
	shift := Imm(uint64(in.bits))
	switch in.code {
	case opLoad:
		f.where[result] = f.load(in)
	case opStore:
		f.store(in)
	case opAdd:
		f.where[result] = f.binary(VADDPS, in, true)
	case opSub:
		f.where[result] = f.binary(VSUBPS, in, false)
	case opMul:
		f.where[result] = f.binary(VMULPS, in, true)
	case opDiv:
		f.where[result] = f.binary(VDIVPS, in, false)
	case opMax:
		f.where[result] = f.binary(VMAXPS, in, false)
	case opMin:
		f.where[result] = f.binary(VMINPS, in, false)
	case opAnd:
		f.where[result] = f.binary(VANDPS, in, true)
	case opOr:
		f.where[result] = f.binary(VORPS, in, true)
	case opXor:
		f.where[result] = f.binary(VXORPS, in, true)
	case opAddInt:
		f.where[result] = f.binary(VPADDD, in, true)
	case opSubInt:
		f.where[result] = f.binary(VPSUBD, in, false)
	case opScale:
		f.where[result] = f.binary(VSCALEFPS, in, false)
	case opFMA:
		f.where[result] = f.fused(index, in, VFMADD132PS, VFMADD213PS, VFMADD231PS)
	case opFNMA:
		f.where[result] = f.fused(index, in, VFNMADD132PS, VFNMADD213PS, VFNMADD231PS)
	case opSelectLess, opSelectNegative:
		f.where[result] = f.selection(in)
	case opAccumulate:
		f.accumulate(in)
	case opAccumulateWide:
		f.accumulateWide(in)
	default:
		dst := f.vector()
		f.where[result] = dst
		a := f.register(in.args[0])
		switch in.code {
		case opChoose:
			const firstChooses = 0xca
			VMOVUPS(a, dst)
			VPTERNLOGD(Imm(firstChooses), f.register(in.args[2]), f.register(in.args[1]), dst)
		case opSqrt:
			VSQRTPS(a, dst)
		case opShiftLeft:
			VPSLLD(shift, a, dst)
		case opShiftRight:
			VPSRLD(shift, a, dst)
		case opShiftRightSigned:
			VPSRAD(shift, a, dst)
		case opFromInt:
			VCVTDQ2PS(a, dst)
		case opExponent:
			VGETEXPPS(a, dst)
		case opMantissa:
			const threeQuartersToThreeHalves, nanIfNegative = 3, 2 << 2
			VGETMANTPS(Imm(threeQuartersToThreeHalves|nanIfNegative), a, dst)
		default:
			panic(fmt.Sprintf("no instruction for opcode %d", in.code))
		}
	}
}

func (f *x86Function) load(in instruction) reg.VecVirtual {
	dst := f.vector()
	from := f.address(f.kernel.inputs[in.bits], in.copy)
	switch {
	case !f.masked:
		VMOVUPS(from, dst)
	case f.isa == avx512:
		VMOVUPS_Z(from, f.maskK, dst)
	default:
		VMASKMOVPS(from, f.maskY, dst)
	}
	return dst
}

func (f *x86Function) store(in instruction) {
	to := f.address(f.kernel.outputs[in.bits], in.copy)
	from := f.register(in.args[0])
	switch {
	case !f.masked:
		VMOVUPS(from, to)
	case f.isa == avx512:
		VMOVUPS(from, f.maskK, to)
	default:
		VMASKMOVPS(from, f.maskY, to)
	}
}

func (f *x86Function) selection(in instruction) reg.VecVirtual {
	const lessOrderedQuiet = 17
	dst := f.vector()
	yes, no := in.args[len(in.args)-2], in.args[len(in.args)-1]
	if f.isa == avx512 {
		k := K()
		if in.code == opSelectLess {
			VCMPPS(Imm(lessOrderedQuiet), f.operand(in.args[1]), f.register(in.args[0]), k)
		} else {
			VPMOVD2M(f.register(in.args[0]), k)
		}
		VBLENDMPS(f.operand(yes), f.register(no), k, dst)
		return dst
	}
	mask := f.register(in.args[0])
	if in.code == opSelectLess {
		mask = YMM()
		VCMPPS(Imm(lessOrderedQuiet), f.operand(in.args[1]), f.register(in.args[0]), mask)
	}
	VBLENDVPS(mask, f.operand(yes), f.register(no), dst)
	return dst
}
