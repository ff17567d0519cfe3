package main

import "math"

// A value names the result of an instruction of a program.
type value int

// An opcode is what an instruction of a program does to vectors of float32 or int32 lanes.
type opcode int

const (
	opConst            opcode = iota // bits, in every lane
	opParam                          // a scalar argument, in every lane
	opLoad                           // the next lanes of an input stream
	opAdd                            // a + b
	opSub                            // a - b
	opMul                            // a * b
	opDiv                            // a / b
	opSqrt                           // sqrt a
	opFMA                            // a*b + c, rounded once
	opFNMA                           // c - a*b, rounded once
	opMax                            // max(a, b); b when either is NaN, or NaN
	opMin                            // min(a, b); b when either is NaN, or NaN
	opAnd                            // bitwise a & b
	opOr                             // bitwise a | b
	opXor                            // bitwise a ^ b
	opAddInt                         // a + b on int32
	opSubInt                         // a - b on int32
	opShiftLeft                      // a << bits
	opShiftRight                     // a >> bits, logical
	opShiftRightSigned               // a >> bits, arithmetic
	opFromInt                        // float32(int32)
	opSelectLess                     // a < b ? c : d
	opSelectNegative                 // sign bit of a set ? b : c
	opScale                          // a * 2^b for integral b (AVX-512 only)
	opExponent                       // floor(log2 |a|) as a float; -Inf for 0 (AVX-512 only)
	opMantissa                       // a's mantissa in [3/4, 3/2); NaN for a < 0 (AVX-512 only)
	opChoose                         // bits of b where a's are set, else of c (AVX-512 only)
	opStore                          // a to the next lanes of an output stream
	opAccumulate                     // add a to a float32 sum per lane
	opAccumulateWide                 // add a to float64 sums
)

// An instruction makes one value, which has the instruction's index.
type instruction struct {
	code opcode
	args []value
	bits uint32 // constant, shift distance, or number of the stream, parameter or sum
	copy int    // which of the interleaved vectors this belongs to
}

// A program is straight-line code for one vector of lanes: the body of a kernel's loop.
type program struct {
	isa  isa
	code []instruction
}

// An isa is an instruction set a program is written for. All three give the same bits wherever a program
// does not ask which it is.
type isa int

const (
	avx512 isa = iota
	avx2
	neon
)

func (p *program) emit(code opcode, bits uint32, args ...value) value {
	p.code = append(p.code, instruction{code: code, args: args, bits: bits})
	return value(len(p.code) - 1)
}

// constBits returns a constant given by its bits; equal constants are one value.
func (p *program) constBits(bits uint32) value {
	for i, in := range p.code {
		if in.code == opConst && in.bits == bits {
			return value(i)
		}
	}
	return p.emit(opConst, bits)
}

func (p *program) constant(f float32) value     { return p.constBits(math.Float32bits(f)) }
func (p *program) param(number uint32) value    { return p.emit(opParam, number) }
func (p *program) load(stream uint32) value     { return p.emit(opLoad, stream) }
func (p *program) store(stream uint32, a value) { p.emit(opStore, stream, a) }
func (p *program) accumulate(a value)           { p.emit(opAccumulate, 0, a) }
func (p *program) accumulateWide(a value)       { p.emit(opAccumulateWide, 0, a) }
func (p *program) add(a, b value) value         { return p.emit(opAdd, 0, a, b) }
func (p *program) sub(a, b value) value         { return p.emit(opSub, 0, a, b) }
func (p *program) mul(a, b value) value         { return p.emit(opMul, 0, a, b) }
func (p *program) div(a, b value) value         { return p.emit(opDiv, 0, a, b) }
func (p *program) sqrt(a value) value           { return p.emit(opSqrt, 0, a) }
func (p *program) fma(a, b, c value) value      { return p.emit(opFMA, 0, a, b, c) }
func (p *program) fnma(a, b, c value) value     { return p.emit(opFNMA, 0, a, b, c) }
func (p *program) max(a, b value) value         { return p.emit(opMax, 0, a, b) }
func (p *program) min(a, b value) value         { return p.emit(opMin, 0, a, b) }
func (p *program) and(a, b value) value         { return p.emit(opAnd, 0, a, b) }
func (p *program) or(a, b value) value          { return p.emit(opOr, 0, a, b) }
func (p *program) xor(a, b value) value         { return p.emit(opXor, 0, a, b) }
func (p *program) addInt(a, b value) value      { return p.emit(opAddInt, 0, a, b) }
func (p *program) subInt(a, b value) value      { return p.emit(opSubInt, 0, a, b) }
func (p *program) fromInt(a value) value        { return p.emit(opFromInt, 0, a) }

func (p *program) shiftLeft(a value, distance uint32) value { return p.emit(opShiftLeft, distance, a) }
func (p *program) shiftRight(a value, distance uint32) value {
	return p.emit(opShiftRight, distance, a)
}
func (p *program) shiftRightSigned(a value, distance uint32) value {
	return p.emit(opShiftRightSigned, distance, a)
}

// selectLess returns yes where a < b, else no (also where either is NaN).
func (p *program) selectLess(a, b, yes, no value) value {
	return p.emit(opSelectLess, 0, a, b, yes, no)
}

// selectNegative returns yes where a's sign bit is set, else no.
func (p *program) selectNegative(a, yes, no value) value {
	return p.emit(opSelectNegative, 0, a, yes, no)
}

// horner returns the polynomial of x with the given coefficients, the constant term first.
func (p *program) horner(x value, coefficients ...float32) value {
	last := len(coefficients) - 1
	sum := p.constant(coefficients[last])
	for i := last - 1; i >= 0; i-- {
		sum = p.fma(sum, x, p.constant(coefficients[i]))
	}
	return sum
}

// shared reports whether an instruction's value is the same for every vector.
func (in instruction) shared() bool { return in.code == opConst || in.code == opParam }

// interleave returns the program for n neighbouring vectors, instruction by instruction side by side, so that
// the latency of one is hidden by the others.
func (p *program) interleave(n int) *program {
	wide := &program{isa: p.isa}
	renamed := make([][]value, n)
	for i := range renamed {
		renamed[i] = make([]value, len(p.code))
	}
	for index, in := range p.code {
		for copy := range n {
			if in.shared() && copy > 0 {
				renamed[copy][index] = renamed[0][index]
				continue
			}
			args := make([]value, len(in.args))
			for k, a := range in.args {
				args[k] = renamed[copy][a]
			}
			renamed[copy][index] = value(len(wide.code))
			wide.code = append(wide.code, instruction{code: in.code, args: args, bits: in.bits, copy: copy})
		}
	}
	return wide
}

// lastUses returns, for every value, the index of the last instruction that reads it; shared values live for ever.
func (p *program) lastUses() []int {
	last := make([]int, len(p.code))
	for index, in := range p.code {
		for _, a := range in.args {
			last[a] = index
		}
	}
	for index, in := range p.code {
		if in.shared() {
			last[index] = len(p.code)
		}
	}
	return last
}

// sums returns the widest accumulation the program does, or opConst for none.
func (p *program) sums() opcode {
	for _, in := range p.code {
		if in.code == opAccumulate || in.code == opAccumulateWide {
			return in.code
		}
	}
	return opConst
}
