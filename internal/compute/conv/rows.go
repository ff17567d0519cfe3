package conv

// fewPlanes is the number of channels up to which pixels are put together one by one.
const fewPlanes = 8

// fromRow writes one image given in PyTorch's order (channel, row, column).
func (w *work) fromRow(m *featureMap, image int, row []float32) {
	plane := m.height * m.width
	if m.channels >= fewPlanes {
		t := w.pixels[:plane*m.channels]
		w.engine.Transpose(t, row, m.channels, plane)
		for y := range m.height {
			copy(m.line(image, y), t[y*m.width*m.channels:])
		}
		return
	}
	for y := range m.height {
		interleave(m.line(image, y), row[y*m.width:], m.channels, m.width, plane)
	}
}

// toRow writes one image in PyTorch's order.
func (w *work) toRow(row []float32, m *featureMap, image int) {
	plane := m.height * m.width
	if m.channels >= fewPlanes {
		t := w.pixels[:plane*m.channels]
		for y := range m.height {
			copy(t[y*m.width*m.channels:], m.line(image, y))
		}
		w.engine.Transpose(row, t, plane, m.channels)
		return
	}
	for y := range m.height {
		deinterleave(row[y*m.width:], m.line(image, y), m.channels, m.width, plane)
	}
}
