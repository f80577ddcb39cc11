// Sleeping and waiting: many at once, what they take up, how late they wake.

package main

import (
	"sync"
	"sync/atomic"
	"time"
)

func sleepers(a *ask) time.Duration {
	n := pick(a, 10_000, 100_000)
	start := time.Now()
	var wg sync.WaitGroup
	wg.Add(n)
	sleep := func() {
		time.Sleep(100 * time.Millisecond)
		wg.Done()
	}
	for range n {
		go sleep()
	}
	wg.Wait()
	return time.Since(start)
}

func timers(a *ask) time.Duration {
	all := make([]*time.Timer, pick(a, 100_000, 1_000_000))
	never := func() { panic("an hour has not passed") }
	start := time.Now()
	for i := range all {
		all[i] = time.AfterFunc(time.Hour, never)
	}
	stopped := uint64(0)
	for _, timer := range all {
		if timer.Stop() {
			stopped++
		}
	}
	took := time.Since(start)
	check(stopped, uint64(len(all)))
	return took
}

func parked(a *ask) []figure {
	n := pick(a, 100_000, 1_000_000)
	var wg sync.WaitGroup
	wg.Add(n)
	var started atomic.Int64
	c := make(chan uint64)
	wait := func() {
		started.Add(1)
		if _, open := <-c; open {
			panic("nobody sends")
		}
		wg.Done()
	}
	start := time.Now()
	for range n {
		go wait()
	}
	for started.Load() < int64(n) {
		time.Sleep(time.Millisecond)
	}
	took := time.Since(start)
	rss, tables := memory()
	close(c)
	wg.Wait()
	return []figure{
		single("_time", took.Seconds()*1e3, "ms"),
		single("_rss", rss, "MiB"),
		single("_tables", tables, "MiB"),
	}
}

func wake(a *ask) []figure {
	n := pick(a, 500, 5000)
	times := make([]time.Duration, 0, n)
	c := make(chan time.Duration)
	// Instants are counted from here: a time.Time would be thrice as large and read two clocks.
	start := time.Now()
	compute := func() {
		for until := time.Since(start) + 50*time.Microsecond; time.Since(start) < until; {
		}
	}
	go func() {
		for range n {
			compute()
			c <- time.Since(start)
			compute()
		}
		close(c)
	}()
	for sent := range c {
		times = append(times, time.Since(start)-sent)
	}
	check(uint64(len(times)), uint64(n))
	return percentiles(times)
}

func preempt(a *ask) []figure {
	const pause = 5 * time.Millisecond
	var wg sync.WaitGroup
	var stop atomic.Bool
	for range 2 * a.procs {
		wg.Add(1)
		go func() {
			for !stop.Load() {
			}
			wg.Done()
		}()
	}
	late := make([]time.Duration, pick(a, 20, 300))
	for i := range late {
		start := time.Now()
		time.Sleep(pause)
		late[i] = time.Since(start) - pause
	}
	stop.Store(true)
	wg.Wait()
	return percentiles(late)
}
