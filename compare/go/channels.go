// Messages between goroutines: how many on either side, how many wait between, how large.

package main

import (
	"sync"
	"sync/atomic"
)

func oneToOne(c chan uint64, n uint64) {
	go func() {
		for i := range n {
			c <- i
		}
	}()
	for i := range n {
		check(<-c, i)
	}
}

func eightToOne(c chan uint64, n uint64) {
	for range 8 {
		go func() {
			for i := range n / 8 {
				c <- i
			}
		}()
	}
	sum := uint64(0)
	for range n {
		sum += <-c
	}
	check(sum, 8*sumBelow(n/8))
}

func eightToEight(c chan uint64, n uint64) {
	var senders, receivers sync.WaitGroup
	var count, sum atomic.Uint64
	senders.Add(8)
	receivers.Add(8)
	for range 8 {
		go func() {
			for i := range n / 8 {
				c <- i
			}
			senders.Done()
		}()
		go func() {
			ownCount, ownSum := uint64(0), uint64(0)
			for i := range c {
				ownCount++
				ownSum += i
			}
			count.Add(ownCount)
			sum.Add(ownSum)
			receivers.Done()
		}()
	}
	senders.Wait()
	close(c)
	receivers.Wait()
	check(count.Load(), n)
	check(sum.Load(), 8*sumBelow(n/8))
}

// sumBelow is 0 + 1 + ... + n-1.
func sumBelow(n uint64) uint64 {
	return n * (n - 1) / 2
}

// message is as long as 8 bytes and T.
type message[T any] struct {
	number uint64
	rest   T
}

func messages[T any](n uint64) {
	c := make(chan message[T], 128)
	go func() {
		var m message[T]
		for i := range n {
			m.number = i
			c <- m
		}
	}()
	// A `m := <-c` in the loop would clear m before each receive, and so would a plain `m = <-c`.
	var m message[T]
	var open bool
	for i := range n {
		m, open = <-c
		if !open {
			panic("nobody closes")
		}
		check(m.number, i)
	}
}
