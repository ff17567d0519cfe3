package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

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
