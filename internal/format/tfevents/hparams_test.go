package tfevents

import (
	"bytes"
	"encoding/hex"
	"os"
	"testing"
	"time"
)

// What TensorBoard 2's own code serialises for the same settings: a whole summary value, and the plugin's data of two others.
const (
	numberValue = "0a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e666f42060801120212004a370a350a0768706172616d73122a1a280a150a08747261696e2e6c72120911fca9f1d24d62503f220662657461203029000000000000f83f"
	wordData    = "1a1c0a110a057072696f7212081a066e6172726f7729000000000000f83f"
	endData     = "220b080111000000000000f83f"
)

func TestSettingsAreWhatTensorBoardWrites(t *testing.T) {
	w, err := Create(t.TempDir(), Options{Now: func() time.Time { return time.UnixMicro(1_500_000) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func() error{
		func() error { return w.Settings([]Setting{{"train.lr", "0.001"}}, "beta 0") },
		func() error { return w.Settings([]Setting{{"prior", "narrow"}}, "") },
		w.Succeeded,
		w.Close,
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(w.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{numberValue, wordData, endData} {
		piece, err := hex.DecodeString(want)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, piece) {
			t.Errorf("the file has not %s", want)
		}
	}
}
