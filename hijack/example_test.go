package hijack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/gantry-go/gantry/hijack"
)

// output is what an engine sends for a program that writes to both of its streams.
const output = "\x01\x00\x00\x00\x00\x00\x00\x06hello " +
	"\x02\x00\x00\x00\x00\x00\x00\x0emind the step\n" +
	"\x01\x00\x00\x00\x00\x00\x00\x06world\n"

func ExampleDemux() {
	var stderr strings.Builder
	n, err := hijack.Demux(os.Stdout, &stderr, strings.NewReader(output))
	fmt.Println(n, err)
	fmt.Print(stderr.String())
	// Output:
	// hello world
	// 26 <nil>
	// mind the step
}

func ExampleDemux_truncated() {
	_, err := hijack.Demux(io.Discard, nil, strings.NewReader(output[:len(output)-2]))
	if cut, ok := errors.AsType[*hijack.TruncatedError](err); ok {
		fmt.Println("cut after", cut.Delivered)
	}
	// Output:
	// cut after 24
}

func ExampleLogs_Lines() {
	logs := hijack.NewLogs(io.NopCloser(strings.NewReader(output)), hijack.LogsConfig{})
	for line, err := range logs.Lines() { // closes the logs, however the loop ends
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: %s\n", line.Stream, line.Text)
	}
	// Output:
	// stderr: mind the step
	// stdout: hello world
}

func ExampleLogs_Lines_timestamps() {
	const output = "2026-08-28T12:06:47.000000000Z service=web hello\r\n"
	logs := hijack.NewLogs(io.NopCloser(strings.NewReader(output)), hijack.LogsConfig{
		TTY: true, Timestamps: true, Details: true,
	})
	for line, err := range logs.Lines() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(line.Time.Format("15:04"), line.Details["service"], line.Text)
	}
	// Output:
	// 12:06 web hello
}

func ExampleConn() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	program, body := net.Pipe() // the body of a 101 answer, in real life
	go func() {
		input := make([]byte, 5)
		_, _ = io.ReadFull(program, input)
		_, _ = fmt.Fprintf(program, "you said %s\n", input)
		_ = program.Close()
	}()

	conn := hijack.NewConn(ctx, body, hijack.Config{})
	defer conn.Close() //nolint:errcheck // an example; nothing is left to lose
	if _, err := io.WriteString(conn, "hello"); err != nil {
		fmt.Println(err)
	}
	if _, err := io.Copy(os.Stdout, conn); err != nil {
		fmt.Println(err)
	}
	// Output:
	// you said hello
}
