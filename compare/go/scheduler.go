// Starting goroutines and switching between them.

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func spawnExit(n uint64) {
	const batch = 100
	var wg sync.WaitGroup
	// One function value for all: `go wg.Done()` would allocate one for each.
	done := func() { wg.Done() }
	for range n / batch {
		wg.Add(batch)
		for range batch {
			go done()
		}
		wg.Wait()
	}
}

func spawnJoin(n uint64) {
	for i := range n {
		handle := make(chan uint64, 1)
		go func() { handle <- i }()
		check(<-handle, i)
	}
}

func yield(n uint64) {
	var wg sync.WaitGroup
	wg.Add(2)
	for range 2 {
		go func() {
			for range n / 2 {
				runtime.Gosched()
			}
			wg.Done()
		}()
	}
	wg.Wait()
}

func pingPong(n uint64) {
	ping, pong := make(chan uint64), make(chan uint64)
	go func() {
		for range n {
			pong <- <-ping + 1
		}
	}()
	for i := range n {
		ping <- i
		check(<-pong, i+1)
	}
}

func ring(n uint64) {
	var links [1000]chan uint64
	for i := range links {
		links[i] = make(chan uint64)
	}
	laps := n / uint64(len(links))
	relay := func(in <-chan uint64, out chan<- uint64) {
		for range laps {
			out <- <-in + 1
		}
	}
	last := len(links) - 1
	var wg sync.WaitGroup
	wg.Add(last)
	for i := range last {
		go func() {
			relay(links[i], links[i+1])
			wg.Done()
		}()
	}
	go relay(links[last], links[0])
	links[0] <- 0
	// Once the first has ended, what the last sends is for us.
	wg.Wait()
	check(<-links[0], n)
}

func skynetWhole(a *ask) time.Duration {
	size := pick[uint64](a, 10_000, 1_000_000)
	start := time.Now()
	c := make(chan uint64)
	go skynet(c, 0, size)
	sum := <-c
	took := time.Since(start)
	check(sum, pick[uint64](a, 49_995_000, 499_999_500_000))
	return took
}

func skynet(c chan<- uint64, number, size uint64) {
	if size == 1 {
		c <- number
		return
	}
	const children = 10
	results := make(chan uint64)
	for i := range uint64(children) {
		go skynet(results, number+i*(size/children), size/children)
	}
	sum := uint64(0)
	for range children {
		sum += <-results
	}
	c <- sum
}

func fibWhole(a *ask) time.Duration {
	n := pick[uint64](a, 15, 25)
	start := time.Now()
	result := fork(n).join()
	took := time.Since(start)
	check(result, pick[uint64](a, 610, 75_025))
	return took
}

// call is a call of fib: its channel, or its result where that is at hand.
type call struct {
	c      chan uint64
	result uint64
}

func fork(n uint64) call {
	if n < 2 {
		return call{result: n}
	}
	c := make(chan uint64)
	go fib(n, c)
	return call{c: c}
}

func (f call) join() uint64 {
	if f.c == nil {
		return f.result
	}
	return <-f.c
}

func fib(n uint64, c chan<- uint64) {
	left, right := fork(n-1), fork(n-2)
	c <- left.join() + right.join()
}

func sieveWhole(a *ask) time.Duration {
	count := pick(a, 100, 1000)
	start := time.Now()
	prime := sieve(count)
	took := time.Since(start)
	check(prime, pick[uint64](a, 541, 7919))
	return took
}

// sieve returns the count-th prime; all its goroutines have ended then.
func sieve(count int) uint64 {
	var stop atomic.Bool
	c := make(chan uint64)
	go generate(c, &stop)
	for range count - 1 {
		prime, out := <-c, make(chan uint64)
		go filter(c, out, prime)
		c = out
	}
	prime := <-c
	stop.Store(true)
	for range c {
		// What is still on its way; the last filter closes after all others.
	}
	return prime
}

func generate(out chan<- uint64, stop *atomic.Bool) {
	for i := uint64(2); !stop.Load(); i++ {
		out <- i
	}
	close(out)
}

func filter(in <-chan uint64, out chan<- uint64, prime uint64) {
	for i := range in {
		if i%prime != 0 {
			out <- i
		}
	}
	close(out)
}
