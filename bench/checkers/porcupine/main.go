// Judges histories with Porcupine and prints, as JSON, the verdict of each and how long the judging alone took.
//
//	porcupine <rounds> <file>…    a name that ends in .log is a register of etcd, any other a key-value history
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

type registerInput struct {
	act      string
	from, to int
}

type registerOutput struct {
	held, exists, unknown bool
	value                 int
}

// What the register holds before the first write.
const nothing = -1

var register = porcupine.Model{
	Init: func() interface{} { return nothing },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		held, in, out := state.(int), input.(registerInput), output.(registerOutput)
		switch in.act {
		case "read":
			return out.unknown || (out.exists && held == out.value) || (!out.exists && held == nothing), held
		case "write":
			return true, in.to
		}
		if held == in.from {
			return out.held || out.unknown, in.to
		}
		return !out.held || out.unknown, held
	},
}

type kvInput struct{ act, key, value string }

var kv = porcupine.Model{
	PartitionEvent: func(history []porcupine.Event) [][]porcupine.Event {
		keys, byKey, keyOf := []string{}, map[string][]porcupine.Event{}, map[int]string{}
		for _, event := range history {
			if event.Kind == porcupine.CallEvent {
				keyOf[event.Id] = event.Value.(kvInput).key
			}
			key := keyOf[event.Id]
			if _, known := byKey[key]; !known {
				keys = append(keys, key)
			}
			byKey[key] = append(byKey[key], event)
		}
		parts := [][]porcupine.Event{}
		for _, key := range keys {
			parts = append(parts, byKey[key])
		}
		return parts
	},
	Init: func() interface{} { return "" },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		held, in := state.(string), input.(kvInput)
		switch in.act {
		case "get":
			return output.(string) == held, held
		case "put":
			return true, in.value
		}
		return true, held + in.value
	},
}

var (
	logLine = regexp.MustCompile(`^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(\w+)\s+:(\w+)\s+(.*)$`)
	kvLine  = regexp.MustCompile(`^{:process (\d+), :type :(\w+), :f :(\w+), :key "(.*?)", :value (?:nil|"(.*)")}$`)
)

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}

// The events of a file; what never returned returns at the end, with an answer that nobody knows.
func eventsOf(path string) []porcupine.Event {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	isLog := strings.HasSuffix(path, ".log")
	events, open, inputs, last := []porcupine.Event{}, map[int]int{}, map[int]interface{}{}, 0
	for at, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		pattern := kvLine
		if isLog {
			pattern = logLine
		}
		part := pattern.FindStringSubmatch(line)
		if part == nil {
			panic(fmt.Sprintf("%s: line %d is no operation", path, at+1))
		}
		process := number(part[1])
		if part[2] == "invoke" {
			var input interface{} = kvInput{part[3], part[4], part[len(part)-1]}
			if isLog {
				input = registerCall(part[3], part[4])
			}
			events = append(events, porcupine.Event{ClientId: process, Kind: porcupine.CallEvent, Value: input, Id: last})
			open[process], inputs[last] = last, input
			last++
			continue
		}
		if part[2] == "info" {
			continue
		}
		var output interface{} = part[len(part)-1]
		if isLog {
			output = registerAnswer(part[2], part[4])
		}
		events = append(events, porcupine.Event{ClientId: process, Kind: porcupine.ReturnEvent, Value: output, Id: open[process]})
		delete(open, process)
	}
	for process, id := range open {
		events = append(events, porcupine.Event{ClientId: process, Kind: porcupine.ReturnEvent, Value: registerOutput{unknown: true}, Id: id})
	}
	return events
}

func registerCall(act, value string) registerInput {
	numbers := strings.Fields(strings.Trim(value, "[]"))
	switch act {
	case "write":
		return registerInput{act: act, to: number(numbers[0])}
	case "cas":
		return registerInput{act, number(numbers[0]), number(numbers[1])}
	}
	return registerInput{act: act}
}

func registerAnswer(kind, value string) registerOutput {
	if value == ":timed-out" {
		return registerOutput{unknown: true}
	}
	read, err := strconv.Atoi(value)
	return registerOutput{held: kind == "ok", exists: err == nil, value: read}
}

type judged struct {
	File    string    `json:"file"`
	Valid   bool      `json:"valid"`
	TimesMs []float64 `json:"timesMs"`
}

func main() {
	results := []judged{}
	for _, path := range os.Args[2:] {
		model := kv
		if strings.HasSuffix(path, ".log") {
			model = register
		}
		events := eventsOf(path)
		result := judged{File: path}
		for round := 0; round < number(os.Args[1]); round++ {
			begun := time.Now()
			result.Valid = porcupine.CheckEvents(model, events)
			result.TimesMs = append(result.TimesMs, float64(time.Since(begun).Nanoseconds())/1e6)
		}
		results = append(results, result)
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}
