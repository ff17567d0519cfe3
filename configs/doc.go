// Package configs holds everything a training run can be told: the settings with their defaults, ranges and flags,
// the YAML files that change them, and the presets that come with the program.
//
// A setting has one home, its field below. The doc comment is what `vaectl config` prints above it; the tags are
//
//	yaml     its key in a file
//	flag     its command-line flag
//	default  its value when nothing sets it, as a flag would give it
//	unit     what its number counts or measures (numbers only)
//	range    the numbers allowed, as an interval: "[1,10]" has both ends, "(0,1]" leaves 0 out
//	oneof    the words allowed
//	common   "true" for the few settings that short help shows
//	per      the setting that says how many values a list has; one value then stands for all of them
//	implies  the value that another setting takes where a flag sets this one and none sets that
//	when     the setting and the values of it, separated by commas, without which this one has no effect; the setting alone: any but empty
package configs
