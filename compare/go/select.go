// Waiting for several channels at once; each select is written out, as Go's are.

package main

// senders is k channels and on each a goroutine that sends its share of n.
func senders(k int, n uint64) []chan uint64 {
	cs := make([]chan uint64, k)
	for i := range cs {
		c := make(chan uint64)
		cs[i] = c
		go func() {
			for i := range n / uint64(k) {
				c <- i
			}
		}()
	}
	return cs
}

func select2(n uint64) {
	cs := [2]chan uint64(senders(2, n))
	var next [2]uint64
	var i, from uint64
	for range n {
		select {
		case i = <-cs[0]:
			from = 0
		case i = <-cs[1]:
			from = 1
		}
		check(i, next[from])
		next[from]++
	}
}

func select4(n uint64) {
	cs := [4]chan uint64(senders(4, n))
	var next [4]uint64
	var i, from uint64
	for range n {
		select {
		case i = <-cs[0]:
			from = 0
		case i = <-cs[1]:
			from = 1
		case i = <-cs[2]:
			from = 2
		case i = <-cs[3]:
			from = 3
		}
		check(i, next[from])
		next[from]++
	}
}

func select16(n uint64) {
	cs := [16]chan uint64(senders(16, n))
	var next [16]uint64
	var i, from uint64
	for range n {
		select {
		case i = <-cs[0]:
			from = 0
		case i = <-cs[1]:
			from = 1
		case i = <-cs[2]:
			from = 2
		case i = <-cs[3]:
			from = 3
		case i = <-cs[4]:
			from = 4
		case i = <-cs[5]:
			from = 5
		case i = <-cs[6]:
			from = 6
		case i = <-cs[7]:
			from = 7
		case i = <-cs[8]:
			from = 8
		case i = <-cs[9]:
			from = 9
		case i = <-cs[10]:
			from = 10
		case i = <-cs[11]:
			from = 11
		case i = <-cs[12]:
			from = 12
		case i = <-cs[13]:
			from = 13
		case i = <-cs[14]:
			from = 14
		case i = <-cs[15]:
			from = 15
		}
		check(i, next[from])
		next[from]++
	}
}

func select4Ready(n uint64) {
	var cs [4]chan uint64
	for i := range cs {
		cs[i] = make(chan uint64, 1)
		cs[i] <- uint64(i)
	}
	a, b, c, d := cs[0], cs[1], cs[2], cs[3]
	for range n {
		select {
		case i := <-a:
			a <- i
		case i := <-b:
			b <- i
		case i := <-c:
			c <- i
		case i := <-d:
			d <- i
		}
	}
	for i, c := range cs {
		check(<-c, uint64(i))
	}
}

func selectDefault(n uint64) {
	c := make(chan uint64)
	for range n {
		select {
		case <-c:
			panic("nobody sends")
		default:
		}
	}
}
