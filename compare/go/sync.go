// Locks and wait groups.

package main

import "sync"

type counter struct {
	sync.Mutex
	value uint64
}

func (c *counter) add(n uint64) {
	for range n {
		c.Lock()
		c.value++
		c.Unlock()
	}
}

func mutex1(n uint64) {
	var c counter
	c.add(n)
	check(c.value, n)
}

func mutex8(n uint64) {
	var wg sync.WaitGroup
	var c counter
	wg.Add(8)
	for range 8 {
		go func() {
			c.add(n / 8)
			wg.Done()
		}()
	}
	wg.Wait()
	check(c.value, n)
}

func waitGroup(n uint64) {
	var wg sync.WaitGroup
	for range n {
		wg.Add(1)
		wg.Done()
	}
	wg.Wait()
}
