// The kernels give what those of the Rust contenders give: the figures stand in both.

package main

import (
	"slices"
	"testing"
)

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, not %v", what, got, want)
	}
}

func TestNumbers(t *testing.T) {
	rng := xorShift(1)
	same(t, "first", rng.next(), 1_082_269_761)
	same(t, "second", rng.next(), 1_152_992_998_833_853_505)
}

func TestPartition(t *testing.T) {
	v := unsorted(1000)
	n := partition(v)
	same(t, "n", n, 983)
	if slices.Max(v[:n]) > slices.Min(v[n:]) {
		t.Error("some of the left are greater than some of the right")
	}
}

func TestSort(t *testing.T) {
	v := unsorted(1000)
	same(t, "first unsorted", v[0], 3_692_787_630)
	sort(v)
	if !slices.IsSorted(v) {
		t.Error("not sorted")
	}
	sum := uint64(0)
	for i, x := range v {
		sum += uint64(i+1) * uint64(x)
	}
	same(t, "sum", sum, 1_415_302_656_982_106)
}

func TestQuicksort(t *testing.T) {
	v := unsorted(100_000)
	sorted := slices.Clone(v)
	slices.Sort(sorted)
	quicksort(v)
	if !slices.Equal(v, sorted) {
		t.Error("not sorted")
	}
}

func TestMatrix(t *testing.T) {
	const n = 64
	a, b := matrix(n, 1), matrix(n, 2)
	sum := 0.0
	for i := range n {
		row := make([]float64, n)
		multiplyRow(a, b, row, i)
		for _, x := range row {
			sum += x
		}
	}
	same(t, "sum", sum, 18_054_103_613_331_775_488)
}

func TestMandelbrot(t *testing.T) {
	total := uint64(0)
	for y := range 128 {
		total += mandelbrotRow(128, y)
	}
	same(t, "total", total, 1_697_692)
}

func TestWords(t *testing.T) {
	for text, count := range map[string]uint64{
		"": 0, " ": 0, "a": 1, " a\n": 1, "one two\tthree": 3, "été  ÿ": 2,
	} {
		same(t, text, words([]byte(text)), count)
	}
}

func TestLastGap(t *testing.T) {
	for text, gap := range map[string]int{"": 0, "word": 0, "one two": 4, "one\n": 4, " ": 1} {
		same(t, text, lastGap([]byte(text)), gap)
	}
}

func TestMemory(t *testing.T) {
	rss, tables := memory()
	if rss <= tables || tables <= 0 {
		t.Errorf("%v MiB of memory, %v MiB of page tables", rss, tables)
	}
}
