// Package suite runs consul/api's own tests against the embedded agent. Their helper starts the
// program `consul` of the PATH: here that is this test's program, which starts `tenure agent`
// instead. The tests are compiled from a copy of the module, outside of this tree.
//
// TENURE names the program. GOFLAGS may choose the module file (-modfile). TENURE_SUITE_LOG names a
// file for the output of the tests.
package suite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

const (
	module = "github.com/hashicorp/consul/api"
	helper = "github.com/hashicorp/consul/sdk"
)

// The groups of tests that concern what the agent serves. The others are about ACLs, config
// entries, intentions, peering, prepared queries, operators, snapshots and profiling.
const wanted = "^(TestAPI_(Lock|Semaphore|Session|Client|KVClient|Catalog|Health|Event|Status|" +
	"Coordinate|ConnectCARoots|Agent|NodeMaintenance|ServiceMaintenance|Headers|Deprecated|" +
	"RequestToHTTP|UnixSocket|SetQueryOptions|SetWriteOptions)|TestAgent_|TestAgentService_)"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "consul" {
		actAsConsul(os.Args[1:])
	}
	os.Exit(m.Run())
}

func TestConsulAPI(t *testing.T) {
	if os.Getenv("TENURE") == "" {
		t.Fatal("TENURE must name the program `tenure`")
	}
	folder := copyOfModule(t)
	binary := filepath.Join(t.TempDir(), "api.test")
	// The file of an older release names a folder of Consul's own tree, and lacks its sum.
	edit := command(folder, nil, "go", "mod", "edit", "-dropreplace="+helper)
	if output, err := edit.CombinedOutput(); err != nil {
		t.Fatalf("go mod edit: %v\n%s", err, output)
	}
	build := command(folder, nil, "go", "test", "-mod=mod", "-c", "-o", binary, ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s does not compile: %v\n%s", module, err, output)
	}
	path := pathWithConsul(t)
	known := testsOf(t, folder, binary)

	verdicts := runTests(t, folder, binary, path, wanted, "16")
	var again []string
	for name, verdict := range verdicts {
		if _, expected := failures[name]; verdict == "fail" && !expected {
			again = append(again, name)
		}
	}
	if len(again) > 0 {
		// Their time limits are short for a busy machine: once more, one by one.
		sort.Strings(again)
		t.Logf("run again: %s", strings.Join(again, " "))
		pattern := "^(" + strings.Join(again, "|") + ")$"
		for name, verdict := range runTests(t, folder, binary, path, pattern, "1") {
			verdicts[name] = verdict
		}
	}
	judge(t, verdicts, known)
}

// judge compares the verdicts with what is expected.
func judge(t *testing.T, verdicts map[string]string, known map[string]bool) {
	passed, failed := 0, 0
	for name, verdict := range verdicts {
		reason, expected := failures[name]
		switch {
		case verdict == "pass" && expected:
			t.Errorf("%s passes, but is in the list of expected failures: %s", name, reason)
		case verdict == "fail" && !expected:
			t.Errorf("%s fails", name)
		case verdict == "fail":
			failed++
		case verdict == "pass":
			passed++
		}
	}
	for name := range failures {
		// An older release of the module has fewer tests.
		if _, ran := verdicts[name]; !ran && known[name] {
			t.Errorf("%s is in the list of expected failures, but did not run", name)
		}
	}
	for name := range crashes {
		if !known[name] {
			t.Logf("%s is not in this release of the module", name)
		}
	}
	t.Logf("%d tests passed, %d failed as expected, %d would crash the program", passed, failed,
		len(crashes))
}

// copyOfModule returns a folder with the module's files, which may be written.
func copyOfModule(t *testing.T) string {
	download := exec.Command("go", "mod", "download", "-json", module)
	download.Stderr = os.Stderr
	output, err := download.Output()
	if err != nil {
		t.Fatalf("go mod download: %v", err)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(output, &found); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "api")
	if err := os.CopyFS(folder, os.DirFS(found.Dir)); err != nil {
		t.Fatal(err)
	}
	return folder
}

// pathWithConsul returns a PATH on which this program is `consul`.
func pathWithConsul(t *testing.T) string {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(self, filepath.Join(folder, "consul")); err != nil {
		t.Fatal(err)
	}
	return folder + ":" + os.Getenv("PATH")
}

// command does not pass on GOFLAGS, which may name this module's file.
func command(folder string, environment []string, words ...string) *exec.Cmd {
	made := exec.Command(words[0], words[1:]...)
	made.Dir = folder
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GOFLAGS=") && !strings.HasPrefix(variable, "CONSUL_") {
			made.Env = append(made.Env, variable)
		}
	}
	made.Env = append(made.Env, environment...)
	return made
}

func testsOf(t *testing.T, folder, binary string) map[string]bool {
	output, err := command(folder, nil, binary, "-test.list", ".").Output()
	if err != nil {
		t.Fatalf("-test.list: %v", err)
	}
	names := map[string]bool{}
	for _, name := range strings.Fields(string(output)) {
		names[name] = true
	}
	return names
}

// runTests returns the verdict of each test: pass, fail or skip.
func runTests(t *testing.T, folder, binary, path, pattern, parallel string) map[string]string {
	var skip []string
	for name := range crashes {
		skip = append(skip, name)
	}
	run := command(folder, []string{"PATH=" + path}, binary, "-test.v", "-test.run="+pattern,
		"-test.skip=^("+strings.Join(skip, "|")+")$", "-test.parallel="+parallel,
		"-test.timeout=8m")
	output, err := run.CombinedOutput()
	verdicts := map[string]string{}
	line := regexp.MustCompile(`^--- (PASS|FAIL|SKIP): (\w+) `)
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, len(output)+1)
	for lines.Scan() {
		if found := line.FindStringSubmatch(lines.Text()); found != nil {
			verdicts[found[2]] = strings.ToLower(found[1])
		}
	}
	if len(verdicts) == 0 || bytes.Contains(output, []byte("\npanic: ")) {
		t.Fatalf("the tests ended early (%v):\n%s", err, output[max(0, len(output)-4000):])
	}
	if log := os.Getenv("TENURE_SUITE_LOG"); log != "" {
		if err := os.WriteFile(log, output, 0o644); err != nil {
			t.Log(err)
		}
	}
	return verdicts
}
