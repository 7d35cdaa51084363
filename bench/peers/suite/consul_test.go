package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
)

// The release that the agent answers as. The tests' helper writes its configuration for it.
const release = "1.21.4"

// configuration is the part of Consul's that the agent has.
type configuration struct {
	NodeName  string `json:"node_name"`
	Addresses struct {
		HTTP string `json:"http"`
	} `json:"addresses"`
	Ports struct {
		HTTP json.Number `json:"http"`
	} `json:"ports"`
	SessionTTLMin string `json:"session_ttl_min"`
}

// actAsConsul serves `consul version -format=json` and `consul agent -config-file FILE`.
func actAsConsul(words []string) {
	if len(words) > 0 && words[0] == "version" {
		fmt.Printf("{\"Version\":%q}\n", release)
		os.Exit(0)
	}
	at := slices.Index(words, "-config-file")
	if at < 0 || at+1 >= len(words) {
		die("consul: no -config-file")
	}
	text, err := os.ReadFile(words[at+1])
	if err != nil {
		die(err)
	}
	var config configuration
	if err := json.Unmarshal(text, &config); err != nil {
		die(err)
	}
	listen := "127.0.0.1:" + config.Ports.HTTP.String()
	if strings.HasPrefix(config.Addresses.HTTP, "unix://") {
		listen = config.Addresses.HTTP
	}
	arguments := []string{"tenure", "agent", "--as", "1.21", "--listen", listen, "--node",
		config.NodeName, "--state", "none", "--start-lock-delay", "0", "--log-level", "warn"}
	if config.SessionTTLMin != "" {
		arguments = append(arguments, "--session-ttl-min", config.SessionTTLMin)
	}
	die(syscall.Exec(os.Getenv("TENURE"), arguments, os.Environ()))
}

func die(why any) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}
