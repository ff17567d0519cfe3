#include "textflag.h"

// func prefetch(p *float32, rows, bytes, stride int)
TEXT ·prefetch(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), AX
	MOVQ rows+8(FP), CX
	MOVQ bytes+16(FP), DX
	MOVQ stride+24(FP), BX

row:
	MOVQ AX, SI
	LEAQ (AX)(DX*1), DI

line:
	PREFETCHT1 (SI)
	ADDQ $64, SI
	CMPQ SI, DI
	JB   line
	ADDQ BX, AX
	DECQ CX
	JNZ  row
	RET
