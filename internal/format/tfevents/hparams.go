package tfevents

import (
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the HParams plugin's plugin_data.proto and of struct.proto.
const (
	pluginContent protowire.Number = 2

	hparamsStart protowire.Number = 3
	hparamsEnd   protowire.Number = 4

	startHParams protowire.Number = 1
	startGroup   protowire.Number = 4
	startTime    protowire.Number = 5
	endStatus    protowire.Number = 1
	endTime      protowire.Number = 2

	mapKey      protowire.Number = 1
	mapValue    protowire.Number = 2
	valueNumber protowire.Number = 2
	valueString protowire.Number = 3
)

const (
	hparamsPlugin = "hparams"
	startTag      = "_hparams_/session_start_info"
	endTag        = "_hparams_/session_end_info"

	statusSuccess = 1
)

// Setting is one of those that runs are told apart by.
type Setting struct {
	Name string
	// Value is a number or a word.
	Value string
}

// Settings records the settings of a run, for TensorBoard's HParams page. Runs of one group are the same but for their seed: the page
// shows their mean.
func (w *Writer) Settings(settings []Setting, group string) error {
	var start []byte
	for _, s := range settings {
		value := appendBytes(nil, valueString, s.Value)
		if number, err := strconv.ParseFloat(s.Value, 64); err == nil {
			value = appendDouble(nil, valueNumber, number)
		}
		entry := appendBytes(appendBytes(nil, mapKey, s.Name), mapValue, value)
		start = appendBytes(start, startHParams, entry)
	}
	if group != "" {
		start = appendBytes(start, startGroup, group)
	}
	start = appendDouble(start, startTime, w.seconds())
	return w.session(startTag, appendBytes(nil, hparamsStart, start))
}

// Succeeded records that the run whose settings were recorded came to its end.
func (w *Writer) Succeeded() error {
	end := appendDouble(appendVarint(nil, endStatus, statusSuccess), endTime, w.seconds())
	return w.session(endTag, appendBytes(nil, hparamsEnd, end))
}

// session records what the HParams plugin reads: a value that is all metadata.
func (w *Writer) session(tag string, content []byte) error {
	plugin := appendBytes(appendBytes(nil, pluginName, hparamsPlugin), pluginContent, content)
	// A tensor of no values: its one dimension has the size 0, which is the default.
	none := appendBytes(appendVarint(nil, tensorType, typeFloat), tensorShape, appendBytes(nil, shapeDim, ""))
	value := appendBytes(nil, valueTag, tag)
	value = appendBytes(value, valueTensor, none)
	value = appendBytes(value, valueMetadata, appendBytes(nil, metadataPlugin, plugin))
	return w.append(event(w.seconds(), 0, appendBytes(nil, eventSummary, appendBytes(nil, summaryValue, value))))
}
