package main

import (
	"fmt"
	"os"
	"strings"

	"vaectl/internal/compute/comm"
	"vaectl/internal/printable"
)

// place is where a rank runs.
type place struct {
	host string
	pid  uint64
}

// placesOf are the places of all ranks, in their order.
func placesOf(g comm.Group) ([]place, error) {
	const longest = 8 // words of the name of a host
	own := make([]uint64, 1+longest)
	own[0] = uint64(os.Getpid())
	host, _ := os.Hostname() // one without a name is told by its process
	copy(comm.Bytes(own[1:]), host)
	all, err := comm.Each(g, own)
	places := make([]place, g.Size())
	for r := range places {
		words := all[r*len(own):][:len(own)]
		places[r] = place{host: strings.TrimRight(string(comm.Bytes(words[1:])), "\x00"), pid: words[0]}
	}
	return places, err
}

// text says where all ranks run, so that a message about a process, in the log of a machine or of a launcher, can be understood.
func (p *peers) text() string {
	var parts []string
	for first := 0; first < len(p.places); {
		host := p.places[first].host
		last := first
		for last+1 < len(p.places) && p.places[last+1].host == host {
			last++
		}
		processes := make([]string, 0, last-first+1)
		for _, place := range p.places[first : last+1] {
			processes = append(processes, fmt.Sprint(place.pid))
		}
		text := fmt.Sprintf("rank %d is process %s", first, processes[0])
		if last > first {
			text = fmt.Sprintf("ranks %d to %d are processes %s", first, last, strings.Join(processes, ", "))
		}
		parts = append(parts, text+" on "+host)
		first = last + 1
	}
	return printable.Text(fmt.Sprintf("%s: %s", p.Name(), strings.Join(parts, "; ")))
}
