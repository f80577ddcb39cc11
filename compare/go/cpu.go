// Work dealt out to goroutines: sorting, rows of a matrix or picture, blocks of a text.

package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func quicksortWhole(a *ask) time.Duration {
	v := unsorted(pick(a, 400_000, 8_000_000))
	start := time.Now()
	quicksort(v)
	took := time.Since(start)
	if !slices.IsSorted(v) {
		panic("not sorted")
	}
	return took
}

func quicksort(v []uint32) {
	if len(v) < sortAlone {
		sort(v)
		return
	}
	n := partition(v)
	left, right := v[:n], v[n:]
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		quicksort(left)
		wg.Done()
	}()
	quicksort(right)
	wg.Wait()
}

func matmul(a *ask) time.Duration {
	n := pick(a, 64, 512)
	left, right := matrix(n, 1), matrix(n, 2)
	product := make([]float64, n*n)
	start := time.Now()
	byRows(n, func(i int) { multiplyRow(left, right, product[i*n:i*n+n], i) })
	took := time.Since(start)
	alone := make([]float64, n)
	multiplyRow(left, right, alone, n-1)
	if !slices.Equal(alone, product[n*n-n:]) {
		panic("the last row of the product is wrong")
	}
	return took
}

// What mandelbrot's total is, by one goroutine.
var mandelbrotTotal uint64

func mandelbrot(a *ask) time.Duration {
	size := pick(a, 128, 1024)
	if mandelbrotTotal == 0 {
		for y := range size {
			mandelbrotTotal += mandelbrotRow(size, y)
		}
	}
	var total atomic.Uint64
	start := time.Now()
	byRows(size, func(y int) { total.Add(mandelbrotRow(size, y)) })
	took := time.Since(start)
	check(total.Load(), mandelbrotTotal)
	return took
}

// byRows runs a goroutine for each of n rows.
func byRows(n int, row func(i int)) {
	var wg sync.WaitGroup
	wg.Add(n)
	for i := range n {
		go func() {
			row(i)
			wg.Done()
		}()
	}
	wg.Wait()
}

func wordCount(a *ask) time.Duration {
	if a.text == "" {
		fail("%s needs --text FILE; `cargo x compare` makes one", a.row)
	}
	start := time.Now()
	count := countWords(a.text, a.procs)
	took := time.Since(start)
	wanted, err := os.ReadFile(a.text + ".count")
	must(err)
	number, err := strconv.ParseUint(strings.TrimSpace(string(wanted)), 10, 64)
	must(err)
	check(count, number)
	return took
}

func countWords(path string, workers int) uint64 {
	const waiting = 8
	full := make(chan []byte, waiting)
	// All blocks fit into it: nobody waits to give one back.
	free := make(chan []byte, waiting+workers+2)
	for range cap(free) {
		free <- make([]byte, 1<<20)
	}
	go cut(path, full, free)
	var wg sync.WaitGroup
	var count atomic.Uint64
	wg.Add(workers)
	for range workers {
		go func() {
			own := uint64(0)
			for block := range full {
				own += words(block)
				free <- block[:cap(block)]
			}
			count.Add(own)
			wg.Done()
		}()
	}
	wg.Wait()
	return count.Load()
}

// cut reads the file into free blocks and sends them on, each with whole words only.
func cut(path string, full chan<- []byte, free <-chan []byte) {
	file, err := os.Open(path)
	must(err)
	defer file.Close()
	block, rest := <-free, 0
	for {
		n, err := file.Read(block[rest:])
		if err == io.EOF {
			break
		}
		must(err)
		end := rest + n
		gap := lastGap(block[:end])
		if gap == 0 && end == len(block) {
			panic("a word as long as a block")
		}
		next := <-free
		rest = copy(next, block[gap:end])
		full <- block[:gap]
		block = next
	}
	full <- block[:rest]
	close(full)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
