package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// describeMachine names the CPU, its cores and the system.
func describeMachine(ctx context.Context, run runner) string {
	return fmt.Sprintf("%s, %d cores, %s/%s, %s", cpuModel(ctx, run), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func cpuModel(ctx context.Context, run runner) string {
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if model := parseCPUInfo(info); model != "" {
			return model
		}
	}
	if out, err := run(ctx, command{name: "sysctl", args: []string{"-n", "machdep.cpu.brand_string"}}); err == nil {
		if model := strings.TrimSpace(string(out)); model != "" {
			return model
		}
	}
	return "unknown CPU"
}

// parseCPUInfo finds the name of the CPU in /proc/cpuinfo; empty if it has none, as on most ARM machines.
func parseCPUInfo(info []byte) string {
	for scanner := bufio.NewScanner(bytes.NewReader(info)); scanner.Scan(); {
		key, value, _ := strings.Cut(scanner.Text(), ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// load is how busy the machine is at a moment. Fields the system does not tell are negative.
type load struct {
	at      time.Time
	average float64       // runnable processes over the last minute
	busy    time.Duration // CPU time of all processes since the machine started
	own     time.Duration // CPU time of the programs run here
}

func (p *processes) load() load {
	l := load{at: time.Now(), average: -1, busy: -1, own: p.used}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		l.average = parseLoadAverage(text)
	} else if out, err := p.run(context.Background(), command{name: "sysctl", args: []string{"-n", "vm.loadavg"}}); err == nil {
		l.average = parseLoadAverage(out)
	}
	if text, err := os.ReadFile("/proc/stat"); err == nil {
		l.busy = parseStat(text)
	}
	return l
}

// parseLoadAverage reads "0.52 0.58 0.59 1/467 1234" (Linux) or "{ 0.52 0.58 0.59 }" (macOS).
func parseLoadAverage(text []byte) float64 {
	fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(string(text)), "{"))
	if len(fields) == 0 {
		return -1
	}
	average, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return -1
	}
	return average
}

// parseStat adds up what the CPUs were not idle for, from the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq, steal in hundredths of a second. Guest time is already in user time.
func parseStat(text []byte) time.Duration {
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return -1
	}
	const idle, ioWait = 3, 4
	var busy time.Duration
	for i, field := range fields[1:9] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return -1
		}
		if i != idle && i != ioWait {
			busy += time.Duration(ticks) * (time.Second / 100)
		}
	}
	return busy
}

// others is how many cores programs not run here kept busy from one moment to the other; negative if unknown.
func others(from, to load) float64 {
	if from.busy < 0 || to.busy < 0 {
		return -1
	}
	spent := (to.busy - from.busy) - (to.own - from.own)
	return max(0, spent.Seconds()/to.at.Sub(from.at).Seconds())
}
