package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ctlVerb is one act of the console's API, as it is written on a command line.
type ctlVerb struct {
	field string // of the body; "" for an empty one
	takes string // how its value is called
	does  string
	value func(words []string) (any, error) // what the words mean, as JSON has it
	// more adds what flags say besides; nil where none belong to it.
	more func(flags lockFlags, body map[string]any) error
}

// ctlVerbs are all that the API of a Trader has. What is wrong with a value is for the trader to say.
var ctlVerbs = map[string]ctlVerb{
	"halt":  {"reason", "REASON", "open nothing until somebody re-arms, also after a restart", allWords, nil},
	"rearm": {"halt", "HALT", "lift the halt of that name in the status, and no other", oneNumber, nil},
	"kill":  {"", "", "halt, cancel all that rests and close all that is held", nil, nil},

	"flatten": {"symbol", "SYMBOL", "close what is held of it, and cancel what rests", oneWord, nil},
	"lock": {
		"symbol", "SYMBOL --for|--until TIME --why REASON", "open nothing of it until then, also after a restart", oneWord,
		lockFlags.add,
	},
	"unlock":      {"symbol", "SYMBOL", "lift the lock of it", oneWord, nil},
	"convert":     {"conversion", "SYMBOL NEW:OLD [NAME]", "take in a split such as 4:1, or another name", allWords, nil},
	"cancel":      {"client_id", "ORDER", "end an order that is not filled", oneWord, nil},
	"approve":     {"signal_id", "SIGNAL", "trade on a signal that waits for a person's word", oneWord, nil},
	"give-up":     {"client_id", "ORDER", "end the wait for an order of which the venue says nothing", oneWord, nil},
	"reduce-only": {"on", "on|off", "open nothing until off, also after a restart", onOrOff, nil},

	"pause":         {"", "", "make no signals until resume, also after a restart; what is held stays guarded", nil, nil},
	"resume":        {"", "", "make signals again", nil, nil},
	"set-symbols":   {"symbols", "A/B,C/D", "make signals for these", wordList, nil},
	"set-threshold": {"min_confidence", "FRACTION", "drop weaker signals", oneNumber, nil},
	"set-cycle":     {"cycle", "TIME", "how long it is from cycle to cycle, such as 5s", oneWord, nil},

	"restart-service": {"path", "PATH", "end a run of a service and begin another", oneWord, nil},
	"stop-service":    {"path", "PATH", "stop it until somebody starts it", oneWord, nil},
	"start-service":   {"path", "PATH", "start it, also after its restarts are spent", oneWord, nil},
	"pause-service":   {"path", "PATH", "pause it", oneWord, nil},
	"resume-service":  {"path", "PATH", "have it go on", oneWord, nil},
}

// body is what is sent for an act.
func (v ctlVerb) body(words []string, flags lockFlags) ([]byte, error) {
	body := make(map[string]any)
	switch {
	case v.value == nil && len(words) > 0:
		return nil, fmt.Errorf("it takes nothing, and %q stands behind it", words[0])
	case v.value != nil && len(words) == 0:
		first, _, _ := strings.Cut(v.takes, " ")
		return nil, fmt.Errorf("%s is missing", first)
	case v.value != nil:
		value, err := v.value(words)
		if err != nil {
			return nil, err
		}
		body[v.field] = value
	}
	if v.more == nil {
		return marshalUnless(flags.none(), body)
	}
	return marshalUnless(v.more(flags, body), body)
}

func marshalUnless(err error, body map[string]any) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(body)
}

func allWords(words []string) (any, error) { return strings.Join(words, " "), nil }

func oneWord(words []string) (any, error) {
	if len(words) > 1 {
		return nil, fmt.Errorf("it takes one word, and %q is a second", words[1])
	}
	return words[0], nil
}

func wordList(words []string) (any, error) {
	return strings.FieldsFunc(strings.Join(words, ","), func(r rune) bool { return r == ',' }), nil
}

func oneNumber(words []string) (any, error) {
	if _, err := oneWord(words); err != nil {
		return nil, err
	}
	number := json.Number(words[0])
	if _, err := json.Marshal(number); err != nil {
		return nil, fmt.Errorf("%q is no number", words[0])
	}
	return number, nil
}

func onOrOff(words []string) (any, error) {
	word, err := oneWord(words)
	switch {
	case err != nil:
		return nil, err
	case word == "on", word == "off":
		return word == "on", nil
	}
	return nil, fmt.Errorf("%q is neither on nor off", word)
}

// ctlHelp lists what ctl can ask for.
func ctlHelp() string {
	var b strings.Builder
	line := func(name, takes, does string) {
		if name = strings.TrimSpace(name + " " + takes); len(name) > 28 {
			name += "\n" + strings.Repeat(" ", 30)
		}
		fmt.Fprintf(&b, "  %-28s %s\n", name, does)
	}
	fmt.Fprintln(&b, "\nAsk:")
	for _, name := range slices.Sorted(maps.Keys(ctlReads)) {
		line(name, ctlReads[name].takes, ctlReads[name].does)
	}
	fmt.Fprintln(&b, "\nAct:")
	for _, name := range slices.Sorted(maps.Keys(ctlVerbs)) {
		line(name, ctlVerbs[name].takes, ctlVerbs[name].does)
	}
	fmt.Fprint(&b, "\nIt ends with 0 when that is done, 1 when it is refused, 2 when the command line is wrong, and 3 when "+
		"it is not known\n"+
		"what became of it: look at the status, and ask again with the same --key.\n")
	return b.String()
}
