// etcd is concurrency.Election as a subject of the benchmarks. ETCD_ENDPOINT is etcd's address.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"tenure.invalid/peers/protocol"
)

// Seconds. A candidate has the shortest lease that etcd grants with its default election time-out.
// Thousands of elections share one of etcd's default length: the short one would expire before all
// have begun.
const (
	ttl       = 2
	sharedTTL = 60
)

type peer struct {
	client *clientv3.Client
	once   sync.Once
	shared *concurrency.Session
}

func (p *peer) newSession(ttl int) *concurrency.Session {
	s, err := concurrency.NewSession(p.client, concurrency.WithTTL(ttl))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return s
}

func (p *peer) Lead(key, value string, own bool, led func(), release <-chan struct{}) error {
	var session *concurrency.Session
	if own {
		session = p.newSession(ttl)
		defer session.Close()
	} else {
		p.once.Do(func() { p.shared = p.newSession(sharedTTL) })
		session = p.shared
	}
	election := concurrency.NewElection(session, key)
	if err := election.Campaign(context.Background(), value); err != nil {
		return err
	}
	led()
	select {
	case <-release:
		return election.Resign(context.Background())
	case <-session.Done():
		return errors.New("the lease of " + key + " was lost")
	}
}

func main() {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{os.Getenv("ETCD_ENDPOINT")}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	protocol.Run(&peer{client: client})
}
