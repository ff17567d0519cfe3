package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
