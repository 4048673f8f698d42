package console

import "strings"

// The codes of acts that were not done, beside codeNotTraded and codeExpired.
const (
	codeNotFound  = "not_found"  // there is no such order, signal or service
	codeOtherHalt = "other_halt" // the halt that was named does not stand
	codeDone      = "done"       // it is filled, canceled, known or started already
	codeGuards    = "guards"     // the order guards a position
	codeNoAccount = "no_account" // there is none, or none yet
	codeDown      = "down"       // what should do it does not run
	codeNotStored = "not_stored" // it holds until the process ends
	codeLate      = "late"       // it did not end in time, and may be done in part
	codePanicked  = "panicked"   // a fault of the program
	codeRefused   = "refused"    // the error says why
)

// byRefusal are the words in which acts are refused; the first that fits counts.
var byRefusal = []struct{ words, code string }{
	{"panic: ", codePanicked},
	{"deadline exceeded", codeLate},
	{"not in time", codeLate},
	{"could not be stored", codeNotStored},
	{"that halt does not stand", codeOtherHalt},
	{"no such child", codeNotFound},
	{"unknown order", codeNotFound},
	{"is none that waits for approval", codeNotFound},
	{"no such instrument", codeNotTraded},
	{"is none of the Instruments", codeNotTraded},
	{"it expired at", codeExpired},
	{"it guards a position", codeGuards},
	{"its fate is known", codeDone},
	{"which ends by itself", codeRefused}, // a protection, which is no lock
	{"it is not locked", codeDone},
	{"that time is over", codeExpired},
	{"started already", codeDone},
	{"trading has not begun", codeNoAccount},
	{"there is no account", codeNoAccount},
	{"supervisor: not running", codeDown},
	{"still lives", codeDown},
	{"engine was stopped", codeDown},
}

// codeOfRefusal says in one word why an act was not done, for programs; "" where it was.
func codeOfRefusal(why string) string {
	if why == "" {
		return ""
	}
	for _, one := range byRefusal {
		if strings.Contains(why, one.words) {
			return one.code
		}
	}
	return codeRefused
}
