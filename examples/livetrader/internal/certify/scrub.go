package certify

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scrubbed stands where something secret, or of a person, has been.
const scrubbed = "SCRUBBED"

// private are the names of what tells whose account it is, or opens it, in an answer or an event.
var private = map[string]bool{
	"listenKey": true, "accountAlias": true, "uid": true, "userId": true, "tradeGroupId": true, "email": true,
	"account_id": true, "account_number": true, "admin_configurations": true, "user_configurations": true, "key_id": true,
	"secret_key": true, "ip": true, "ipRestrict": true, "crypto_status": true, "apex_account_number": true,
}

// scrubAnswer is an answer without what is secret. Of a list of all that is traded it keeps what a run is about: the whole is
// a megabyte that everybody can have.
func (t *Tape) scrubAnswer(u *url.URL, raw []byte) string {
	var answer any
	if !decode(raw, &answer) {
		return string(raw)
	}
	if o, is := answer.(map[string]any); is {
		switch {
		case strings.HasSuffix(u.Path, "/exchangeInfo"):
			o["symbols"], o["assets"] = t.kept(o["symbols"]), []any{}
		case strings.HasSuffix(u.Path, "/v2/account"):
			o["id"] = scrubbed
		}
	}
	if strings.HasSuffix(u.Path, "/v2/assets") || strings.HasSuffix(u.Path, "/symbolConfig") {
		answer = t.kept(answer)
	}
	return encoded(scrub(answer))
}

// kept are the rows of the instruments that are certified with.
func (t *Tape) kept(list any) any {
	rows, is := list.([]any)
	if !is {
		return list
	}
	return slices.DeleteFunc(rows, func(row any) bool {
		o, _ := row.(map[string]any)
		return !slices.Contains(t.about, object(o).text("symbol"))
	})
}

// scrubText does it for a text of JSON, such as an event or a request.
func scrubText(raw []byte) string {
	var what any
	if !decode(raw, &what) {
		return string(raw)
	}
	return encoded(scrub(what))
}

func scrub(what any) any {
	switch v := what.(type) {
	case map[string]any:
		for name, value := range v {
			if _, isText := value.(string); private[name] && isText {
				v[name] = scrubbed
				continue
			}
			v[name] = scrub(value)
		}
	case []any:
		for i, one := range v {
			v[i] = scrub(one)
		}
	}
	return what
}

func encoded(what any) string {
	text, err := json.Marshal(what)
	if err != nil {
		return scrubbed // it was read as JSON, and cannot be none
	}
	return string(text)
}

var keyInPath = regexp.MustCompile(`/ws/[A-Za-z0-9]{40,}`)

// scrubPath leaves a listenKey out of a path.
func scrubPath(path string) string { return keyInPath.ReplaceAllString(path, "/ws/"+scrubbed) }
