// The protocol of the contenders: the command line, warming up, measuring, the line of a figure.

package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// A round's number of operations is a multiple of this, so that they can be dealt out evenly to
// 2, 8, 16, 100 or 1000 goroutines.
const grain = 16_000

// row is one row of the comparison; exactly one of the fields after the name is set.
type row struct {
	name string
	// Runs as many operations as it is told: nanoseconds each.
	each func(n uint64)
	// One job, and the time it took: milliseconds. It is done once unmeasured first.
	whole func(a *ask) time.Duration
	// Measures by itself, once, in a fresh process.
	own func(a *ask) []figure
	// Serves without end; measured from outside.
	serve func()
	// Go cannot: why.
	not string
}

// ask is what the command line asks for.
type ask struct {
	serve          bool
	row            string
	procs, samples int
	quick          bool
	text           string
}

// figure is one figure of a row; less is better.
type figure struct {
	suffix           string
	median, min, max float64
	unit             string
	samples          int
	ops              uint64
}

func run(rows []row) {
	a, list := parse(os.Args[1:])
	if list {
		for _, r := range rows {
			if r.not != "" {
				fmt.Println("-", r.name, r.not)
			} else {
				fmt.Println("+", r.name)
			}
		}
		return
	}
	at := slices.IndexFunc(rows, func(r row) bool { return r.name == a.row })
	if at < 0 {
		fail("%s has no row `%s`; see --list", contender, a.row)
	}
	if a.serve != (rows[at].serve != nil) && rows[at].not == "" {
		fail("`serve ROW` is for servers, and they for nothing else")
	}
	runtime.GOMAXPROCS(a.procs)
	switch r := rows[at]; {
	case r.each != nil:
		a.print(measureEach(a, r.each))
	case r.whole != nil:
		a.print(measureWhole(a, r.whole))
	case r.own != nil:
		for _, f := range r.own(a) {
			a.print(f)
		}
	case r.serve != nil:
		r.serve()
	default:
		fail("%s does not run %s: %s", contender, r.name, r.not)
	}
}

func parse(args []string) (a *ask, list bool) {
	a = new(ask)
	flags := flag.NewFlagSet(contender, flag.ExitOnError)
	flags.Usage = func() {
		fail("usage: ROW [--procs N] [--samples N] [--quick] [--text FILE], " +
			"serve ROW [--procs N], or --list")
	}
	flags.BoolVar(&list, "list", false, "")
	flags.IntVar(&a.procs, "procs", 1, "")
	flags.IntVar(&a.samples, "samples", 3, "")
	flags.BoolVar(&a.quick, "quick", false, "")
	flags.StringVar(&a.text, "text", "", "")
	// Package flag stops at the row's name, which comes before the flags.
	for len(args) > 0 {
		// It leaves the process where it fails.
		_ = flags.Parse(args)
		if args = flags.Args(); len(args) > 0 {
			if args[0] == "serve" && !a.serve && a.row == "" {
				a.serve, args = true, args[1:]
				continue
			}
			if a.row != "" {
				flags.Usage()
			}
			a.row, args = args[0], args[1:]
		}
	}
	if !list && (a.row == "" || a.procs < 1 || a.samples < 1) {
		flags.Usage()
	}
	return a, list
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(2)
}

// pick is full, or quick in a quick run.
func pick[T any](a *ask, quick, full T) T {
	if a.quick {
		return quick
	}
	return full
}

func (a *ask) print(f figure) {
	fmt.Printf("%s%s/%dP %s %.3f %.3f %.3f %s %dx%d\n", a.row, f.suffix, a.procs, contender,
		f.median, f.min, f.max, f.unit, f.samples, f.ops)
}

// single is one value of one measurement.
func single(suffix string, value float64, unit string) figure {
	return figure{suffix, value, value, value, unit, 1, 1}
}

// middle makes a figure of values, which must not be empty.
func middle(values []float64, unit string, ops uint64) figure {
	slices.Sort(values)
	last := len(values) - 1
	return figure{"", values[len(values)/2], values[0], values[last], unit, len(values), ops}
}

// percentiles are the median and the 99th percentile of times, which must not be empty.
func percentiles(times []time.Duration) []figure {
	slices.Sort(times)
	at := func(percent int) float64 {
		return times[(len(times)-1)*percent/100].Seconds() * 1e6
	}
	return []figure{
		{"_p50", at(50), at(0), at(100), "us", len(times), 1},
		{"_p99", at(99), at(0), at(100), "us", len(times), 1},
	}
}

func measureEach(a *ask, round func(uint64)) figure {
	limit := pick(a, 5*time.Millisecond, 60*time.Millisecond)
	ops, took := warmUp(limit, round)
	samples := a.samples
	if took > 5*limit {
		// It has thousands of operations in any case.
		samples = 1
	}
	values := make([]float64, samples)
	for i := range values {
		values[i] = timedRound(round, ops).Seconds() * 1e9 / float64(ops)
	}
	return middle(values, "ns", ops)
}

// measureWhole does not measure the first time, unless it took seconds: such a job is warm enough
// by itself. There are as many samples as fit into a second, up to what was asked for.
func measureWhole(a *ask, job func(*ask) time.Duration) figure {
	first := job(a).Seconds()
	if first > 3 {
		return middle([]float64{first * 1e3}, "ms", 1)
	}
	values := make([]float64, min(a.samples, 1+int(1/first)))
	for i := range values {
		values[i] = job(a).Seconds() * 1e3
	}
	return middle(values, "ms", 1)
}

// warmUp runs rounds of growing size, for limit at least; returns how many operations take about
// that long, and how long the last round took.
func warmUp(limit time.Duration, round func(uint64)) (uint64, time.Duration) {
	start, ops := time.Now(), uint64(grain)
	for {
		took := timedRound(round, ops)
		// At most tenfold: the first rounds are slower than those to come.
		factor := min(limit.Seconds()/took.Seconds(), 10)
		if time.Since(start) >= limit && factor < 2 {
			return ops, took
		}
		ops = max((uint64(float64(ops)*factor)+grain-1)/grain*grain, grain)
	}
}

func timedRound(round func(uint64), ops uint64) time.Duration {
	start := time.Now()
	round(ops)
	return time.Since(start)
}

// check is what every row ends in.
func check(got, want uint64) {
	if got != want {
		wrong(got, want)
	}
}

// Apart, so that check costs no call.
//
//go:noinline
func wrong(got, want uint64) {
	panic(fmt.Sprintf("wrong result: %d, not %d", got, want))
}
