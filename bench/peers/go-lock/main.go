// go-lock is consul/api's Lock as a subject of the benchmarks.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/hashicorp/consul/api"

	"tenure.invalid/peers/protocol"
)

const ttl = "10s" // the shortest that Consul accepts

type peer struct {
	client *api.Client
	once   sync.Once
	shared string
}

// session returns the session that all elections of the process share; it is renewed until the end.
func (p *peer) session() string {
	p.once.Do(func() {
		entry := &api.SessionEntry{Name: "go-lock", TTL: ttl}
		id, _, err := p.client.Session().Create(entry, nil)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		p.shared = id
		go p.client.Session().RenewPeriodic(ttl, id, nil, nil)
	})
	return p.shared
}

func (p *peer) Lead(key, value string, own bool, led func(), release <-chan struct{}) error {
	options := &api.LockOptions{Key: key, Value: []byte(value), SessionTTL: ttl}
	if !own {
		options.Session = p.session()
	}
	lock, err := p.client.LockOpts(options)
	if err != nil {
		return err
	}
	lost, err := lock.Lock(nil)
	if err != nil {
		return err
	}
	led()
	select {
	case <-release:
		return lock.Unlock()
	case <-lost:
		return errors.New("the lock of " + key + " was lost")
	}
}

func main() {
	client, err := api.NewClient(api.DefaultConfig())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	protocol.Run(&peer{client: client})
}
