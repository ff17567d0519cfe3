//go:build !amd64 && !arm64

package kernel

func (t *vecTable) unaryCall(f unary, dst, x []float32)          { unaryPortable(f, dst, x) }
func (t *vecTable) binaryCall(f binary, dst, a, b []float32)     { binaryPortable(f, dst, a, b) }
func (t *vecTable) accumulateScaled(acc, x []float32, s float32) { accumulateScaledPortable(acc, x, s) }
func (t *vecTable) multiplyAdd(dst, a, b, c []float32)           { multiplyAddPortable(dst, a, b, c) }
func (t *vecTable) scale(dst, x []float32, s float32)            { scalePortable(dst, x, s) }
func (t *vecTable) sum(x []float32) float64                      { return sumPortable(x) }
func (t *vecTable) bernoulli(logits, x []float32) float64        { return bernoulliPortable(logits, x) }
func (t *vecTable) bernoulliGrad(grad, logits, x []float32) float64 {
	return bernoulliGradPortable(grad, logits, x)
}
func (t *vecTable) logisticCell(logs, y, centre, logScale []float32) {
	logisticCellPortable(logs, y, centre, logScale)
}
func (t *vecTable) logisticCellGrad(logs, dCentre, dLogScale, y, centre, logScale []float32) {
	logisticCellGradPortable(logs, dCentre, dLogScale, y, centre, logScale)
}
func (t *vecTable) adam(w, g, m, v []float32, s adamScalars) { adamPortable(w, g, m, v, s) }
func (t *vecTable) normals(dst []float32)                    { normalsPortable(dst) }

func (t *vecTable) wordsCall(dst []uint32, s *wordStream, block uint64) {
	wordsPortable(dst, s.key, block)
}
func (t *vecTable) bernoulliBytesCall(dst []float32, src []byte, s *wordStream, block uint64) {
	bernoulliBytesPortable(dst, src, s.key, block)
}
func (t *vecTable) bytesCall(f byteFunction, dst []float32, src []byte) { bytesPortable(f, dst, src) }
