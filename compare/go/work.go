// The work that has nothing to do with concurrency, word for word that of the Rust contenders.

package main

import (
	"os"
	"strconv"
	"strings"
)

// xorShift gives numbers that look random and are the same everywhere (Marsaglia's xorshift64).
type xorShift uint64

func (x *xorShift) next() uint64 {
	*x ^= *x << 13
	*x ^= *x >> 7
	*x ^= *x << 17
	return uint64(*x)
}

// unsorted is n numbers to be sorted.
func unsorted(n int) []uint32 {
	rng := xorShift(0x9e37_79b9_7f4a_7c15)
	v := make([]uint32, n)
	for i := range v {
		v[i] = uint32(rng.next() >> 32)
	}
	return v
}

// Below this many elements quicksort does not start another goroutine.
const sortAlone = 4096

// partition splits v (two elements at least) by Hoare's method: no element of the first n is
// greater than any of the others, for the n returned, with 0 < n < len(v).
func partition(v []uint32) int {
	pivot := v[(len(v)-1)/2]
	low, high := 0, len(v)-1
	for {
		for v[low] < pivot {
			low++
		}
		for v[high] > pivot {
			high--
		}
		if low >= high {
			return high + 1
		}
		v[low], v[high] = v[high], v[low]
		low++
		high--
	}
}

// sort is quicksort by one goroutine, insertion sort below 16 elements.
func sort(v []uint32) {
	for len(v) > 16 {
		n := partition(v)
		sort(v[:n])
		v = v[n:]
	}
	for i := 1; i < len(v); i++ {
		for j := i; j > 0 && v[j-1] > v[j]; j-- {
			v[j-1], v[j] = v[j], v[j-1]
		}
	}
}

// matrix is a square matrix of n rows, row after row.
func matrix(n int, seed uint64) []float64 {
	rng := xorShift(seed)
	m := make([]float64, n*n)
	for i := range m {
		m[i] = float64(rng.next() >> 40)
	}
	return m
}

// multiplyRow adds row i of the product of a and b to row.
func multiplyRow(a, b, row []float64, i int) {
	n := len(row)
	for k, factor := range a[i*n : i*n+n] {
		// This slicing tells the compiler that b is as long as row: no check of bounds inside.
		b := b[k*n:][:len(row)]
		for j := range row {
			// The conversion forbids fusing, which Rust does not do either, where a CPU could:
			// the results are the same everywhere. It costs nothing.
			row[j] += float64(factor * b[j])
		}
	}
}

// mandelbrotRow is how many steps the points of row y of a picture of size x size take to leave
// the Mandelbrot set, at most 256 each. The conversions are there for multiplyRow's reason.
func mandelbrotRow(size, y int) uint64 {
	ci := float64(2*float64(y)/float64(size)) - 1
	total := uint64(0)
	for x := range size {
		cr := float64(2*float64(x)/float64(size)) - 1.5
		zr, zi := 0.0, 0.0
		steps := uint64(0)
		for steps < 256 && float64(zr*zr)+float64(zi*zi) <= 4 {
			next := float64(zr*zr) - float64(zi*zi) + cr
			zi = float64(2*zr*zi) + ci
			zr = next
			steps++
		}
		total += steps
	}
	return total
}

// words counts the words in block, which starts and ends between words.
func words(block []byte) uint64 {
	count, inside := uint64(0), uint64(0)
	for _, b := range block {
		// The sign: 1 if b > ' ', else 0. A text would mislead a branch's prediction.
		letter := (' ' - uint64(b)) >> 63
		count += letter &^ inside
		inside = letter
	}
	return count
}

// lastGap is where the last word that is whole in block ends: after its last space.
func lastGap(block []byte) int {
	for i := len(block); i > 0; i-- {
		if block[i-1] <= ' ' {
			return i
		}
	}
	return 0
}

// memory is the resident memory and the page tables of this process, in MiB.
func memory() (rss, tables float64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	field := func(name string) float64 {
		_, after, found := strings.Cut(string(status), "\n"+name)
		line, _, ended := strings.Cut(after, "kB\n")
		kib, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
		if !found || !ended || err != nil {
			panic("no " + name + " in /proc/self/status")
		}
		return kib / 1024
	}
	return field("VmRSS:"), field("VmPTE:")
}
