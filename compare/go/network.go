// The network's rows: servers that compare-load measures from outside.

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

var hello = []byte("Hello, world!")

// record is what the row `json_64` sends and gets back.
type record struct {
	ID     uint64   `json:"id"`
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Tags   []string `json:"tags"`
	Score  float64  `json:"score"`
	Active bool     `json:"active"`
}

// listen says where it listens, and ends the process when the standard input ends. Go's runtime
// raises the limit of open files by itself.
func listen() net.Listener {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		fail("%v", err)
	}
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return listener
}

func serveHello() {
	serveHTTP(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(hello)
	})
}

func serveJSON() {
	serveHTTP(func(w http.ResponseWriter, r *http.Request) {
		var content record
		text, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(text, &content)
		}
		if err == nil {
			text, err = json.Marshal(&content)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	})
}

func serveHTTP(handler http.HandlerFunc) {
	server := http.Server{Handler: handler}
	fail("%v", server.Serve(listen()))
}

// serveEcho sends back what comes, a goroutine for each connection.
func serveEcho() {
	listener := listen()
	for {
		conn, err := listener.Accept()
		if err != nil {
			fail("%v", err)
		}
		go echo(conn)
	}
}

func echo(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err = conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}
