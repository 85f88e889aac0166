// starlark-go, as Debian packages it (golang-starlark-dev), for comparing results and times with ours.
//
//	starlark_go run FILE             what it prints goes to stdout; an error to stderr, and the exit code is 1
//	starlark_go measure FILE SOURCE  costs of embedding, as JSON: of the script FILE, and of compiling SOURCE
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"time"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkjson"
	"go.starlark.net/starlarkstruct"
)

const waiting = 10000 // scripts that wait at once

func environment() starlark.StringDict {
	return starlark.StringDict{
		"json":   starlarkjson.Module,
		"struct": starlark.NewBuiltin("struct", starlarkstruct.Make),
	}
}

func run(file string) error {
	thread := &starlark.Thread{Print: func(_ *starlark.Thread, line string) { fmt.Println(line) }}
	_, err := starlark.ExecFile(thread, file, nil, environment())
	if failure, ok := err.(*starlark.EvalError); ok {
		return fmt.Errorf("%s", failure.Backtrace())
	}
	return err
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The time of one call in the best of the rounds, in microseconds: rounds are short, so that the best of them had
// the core for itself.
func best(rounds, calls int, action func()) float64 {
	found := math.MaxFloat64
	for i := 0; i < rounds; i++ {
		begin := time.Now()
		for j := 0; j < calls; j++ {
			action()
		}
		found = math.Min(found, float64(time.Since(begin).Nanoseconds())/1000/float64(calls))
	}
	return found
}

func compile(file string) *starlark.Program {
	source, err := os.ReadFile(file)
	check(err)
	env := environment()
	_, program, err := starlark.SourceProgram(file, source, env.Has)
	check(err)
	return program
}

func memory() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapInuse + stats.StackInuse
}

// Scripts that each wait inside a call of the host, a goroutine each.
func measureWaiting(result map[string]float64) {
	const source = "x = tool(id = 1)\nresult = x + 1\n"
	_, program, err := starlark.SourceProgram("wait.star", source, func(name string) bool { return name == "tool" })
	check(err)
	blocked, finished := make(chan bool), make(chan bool)
	gate := make(chan bool)
	tool := starlark.NewBuiltin("tool", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		blocked <- true
		<-gate
		return starlark.MakeInt(1), nil
	})
	before := memory()
	begin := time.Now()
	for i := 0; i < waiting; i++ {
		go func() {
			_, err := program.Init(&starlark.Thread{}, starlark.StringDict{"tool": tool})
			check(err)
			finished <- true
		}()
		<-blocked
	}
	result["start_us"] = float64(time.Since(begin).Nanoseconds()) / 1000 / waiting
	result["waiting_bytes"] = float64(memory()-before) / waiting
	begin = time.Now()
	for i := 0; i < waiting; i++ {
		gate <- true
		<-finished
	}
	result["resume_us"] = float64(time.Since(begin).Nanoseconds()) / 1000 / waiting
}

func measure(file, source string) {
	text, err := os.ReadFile(source)
	check(err)
	result := map[string]float64{}
	env := environment()
	script, err := os.ReadFile(file)
	check(err)
	result["cold_us"] = best(40, 50, func() {
		_, err := starlark.ExecFile(&starlark.Thread{}, file, script, env)
		check(err)
	})
	program := compile(file)
	result["cached_us"] = best(40, 50, func() {
		_, err := program.Init(&starlark.Thread{}, env)
		check(err)
	})
	us := best(10, 1, func() { compile(source) })
	result["compile_mb_s"] = float64(len(text)) / us
	measureWaiting(result)
	check(json.NewEncoder(os.Stdout).Encode(result))
}

func main() {
	resolve.AllowSet = true
	resolve.AllowGlobalReassign = true
	resolve.AllowRecursion = true
	switch {
	case len(os.Args) == 3 && os.Args[1] == "run":
		check(run(os.Args[2]))
	case len(os.Args) == 4 && os.Args[1] == "measure":
		measure(os.Args[2], os.Args[3])
	default:
		fmt.Fprintln(os.Stderr, "usage: starlark_go run FILE | measure FILE SOURCE")
		os.Exit(2)
	}
}
