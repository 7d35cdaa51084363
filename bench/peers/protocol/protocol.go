// Package protocol is the protocol of the benchmarks' subjects: commands on standard input, answers
// on standard output.
package protocol

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Peer is a library that can lead a key.
type Peer interface {
	// Lead blocks until this candidate leads the key, then calls led, and releases the key when
	// release is closed. With own, the candidate has its own session; otherwise all share one.
	Lead(key, value string, own bool, led func(), release <-chan struct{}) error
}

var output sync.Mutex

// NowNs returns the time of CLOCK_BOOTTIME, the clock of all subjects.
func NowNs() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic(err)
	}
	return t.Nano()
}

func say(format string, arguments ...any) {
	output.Lock()
	defer output.Unlock()
	fmt.Printf(format+"\n", arguments...)
}

func die(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

type candidate struct {
	id      int
	key     string
	stand   chan struct{}
	release chan chan struct{}
}

func (c *candidate) run(peer Peer) {
	for range c.stand {
		stop := make(chan struct{})
		led := func() {
			now := NowNs()
			say("leading %d %d", c.id, now)
			go func() { c.release <- stop }()
		}
		if err := peer.Lead(c.key, fmt.Sprintf("candidate-%d", c.id), true, led, stop); err != nil {
			die(err)
		}
	}
}

func enterMany(peer Peer, prefix string, n int, value string) {
	begun := NowNs()
	var leading atomic.Int64
	for i := range n {
		go func() {
			led := func() {
				if leading.Add(1) == int64(n) {
					say("all %d %d %d", n, begun, NowNs())
				}
			}
			key := fmt.Sprintf("%s/%d", prefix, i)
			err := peer.Lead(key, value, false, led, make(chan struct{}))
			if err != nil {
				die(err)
			}
		}()
	}
}

// Run executes commands until standard input ends.
func Run(peer Peer) {
	var candidates []*candidate
	say("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		number := func(i int) int {
			n, err := strconv.Atoi(words[i])
			if err != nil {
				die(err)
			}
			return n
		}
		switch words[0] {
		case "candidate":
			c := &candidate{len(candidates), words[1], make(chan struct{}, 1),
				make(chan chan struct{})}
			candidates = append(candidates, c)
			go c.run(peer)
			c.stand <- struct{}{}
		case "release":
			stop := <-candidates[number(1)].release
			say("releasing %d %d", number(1), NowNs())
			close(stop)
		case "stand":
			candidates[number(1)].stand <- struct{}{}
		case "many":
			enterMany(peer, words[1], number(2), words[3])
		case "quit":
			return
		default:
			die(fmt.Errorf("unknown command %q", words[0]))
		}
	}
}
