// The Go column of `cargo x compare`: each row in Go's own means, by the protocol of the harness.
package main

const contender = "go"

// Why Go has no figure in a row.
const noUnbounded = "no unbounded channel"

var rows = []row{
	{name: "spawn_exit", each: spawnExit},
	{name: "spawn_join", each: spawnJoin},
	{name: "yield", each: yield},
	{name: "ping_pong", each: pingPong},
	{name: "ring", each: ring},
	{name: "skynet", whole: skynetWhole},
	{name: "fib", whole: fibWhole},
	{name: "sieve", whole: sieveWhole},
	{name: "sleepers", whole: sleepers},
	{name: "timers", whole: timers},
	{name: "parked", own: parked},
	{name: "wake", own: wake},
	{name: "preempt", own: preempt},

	{name: "spsc_0", each: func(n uint64) { oneToOne(make(chan uint64), n) }},
	{name: "spsc_1", each: func(n uint64) { oneToOne(make(chan uint64, 1), n) }},
	{name: "spsc_128", each: func(n uint64) { oneToOne(make(chan uint64, 128), n) }},
	{name: "spsc_unbounded", not: noUnbounded},
	{name: "mpsc_0", each: func(n uint64) { eightToOne(make(chan uint64), n) }},
	{name: "mpsc_128", each: func(n uint64) { eightToOne(make(chan uint64, 128), n) }},
	{name: "mpmc_0", each: func(n uint64) { eightToEight(make(chan uint64), n) }},
	{name: "mpmc_128", each: func(n uint64) { eightToEight(make(chan uint64, 128), n) }},
	{name: "messages_64", each: messages[[56]byte]},
	{name: "messages_4k", each: messages[[4088]byte]},
	{name: "select_2", each: select2},
	{name: "select_4", each: select4},
	{name: "select_16", each: select16},
	{name: "select_4_ready", each: select4Ready},
	{name: "select_default", each: selectDefault},

	{name: "mutex_1", each: mutex1},
	{name: "mutex_8", each: mutex8},
	{name: "wait_group", each: waitGroup},

	{name: "quicksort", whole: quicksortWhole},
	{name: "matmul", whole: matmul},
	{name: "mandelbrot", whole: mandelbrot},
	{name: "word_count", whole: wordCount},

	{name: "http_1", serve: serveHello},
	{name: "http_64", serve: serveHello},
	{name: "http_1000", serve: serveHello},
	{name: "http_idle", serve: serveHello},
	{name: "json_64", serve: serveJSON},
	{name: "tcp_64", serve: serveEcho},
}

func main() {
	run(rows)
}
