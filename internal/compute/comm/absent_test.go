//go:build !mpi

package comm_test

import (
	"os"
	"strings"
	"testing"

	"vaectl/internal/compute/comm"
)

func TestAProgramWithoutMPISaysHowToGetTheOther(t *testing.T) {
	_, err := comm.Start(os.Getenv)
	hinted, ok := err.(interface{ Hint() string })
	if !ok || !strings.Contains(hinted.Hint(), "make build-mpi") || comm.Available() {
		t.Errorf("got %v", err)
	}
}
