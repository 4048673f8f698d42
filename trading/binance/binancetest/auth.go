package binancetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// call is a request with its parameters, wherever they stood.
type call struct {
	r      *http.Request
	params url.Values // the query wins over the body
	signed string     // what the signature has to be of: query and body without it, nothing between them
}

// maxBody is more than any request of a futures client has.
const maxBody = 1 << 16

func readCall(w http.ResponseWriter, r *http.Request) (*call, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	text := string(body)
	if strings.HasPrefix(strings.TrimSpace(text), "{") { // some clients send an empty JSON object beside the query
		text = ""
	}
	c := &call{r: r, params: url.Values{}, signed: unsigned(r.URL.RawQuery) + unsigned(text)}
	for _, part := range []string{text, r.URL.RawQuery} {
		values, err := url.ParseQuery(part)
		if err != nil {
			return nil, err
		}
		for name, value := range values {
			c.params[name] = value
		}
	}
	return c, nil
}

// unsigned takes the signature out of an encoded text, wherever it stands.
func unsigned(text string) string {
	var kept []string
	for pair := range strings.SplitSeq(text, "&") {
		if !strings.HasPrefix(pair, "signature=") {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// Sign is the signature of a text, query and body behind each other, by HMAC-SHA256 in hex.
func Sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func (c *call) get(name string) string { return c.params.Get(name) }

func (c *call) is(name string) bool { return strings.EqualFold(c.get(name), "true") }

// whole is an integer, 0 where it was not sent.
func (c *call) whole(name string) (int64, *problem) {
	text := c.get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errIllegal(name)
	}
	return n, nil
}

// number is a decimal, nil where it was not sent.
func (c *call) number(name string) (*decimal.Decimal, *problem) {
	text := c.get(name)
	if text == "" {
		return nil, nil
	}
	if strings.ContainsAny(text, "eE+") {
		return nil, errIllegal(name)
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return nil, errIllegal(name)
	}
	return &d, nil
}

func (c *call) time(name string) (time.Time, *problem) {
	ms, err := c.whole(name)
	if err != nil || ms == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(ms), nil
}

// The latest that a signed request may be, and how far ahead of the venue's clock.
const (
	defaultWindow = 5000
	maxWindow     = 60000
	aheadMillis   = 1000
)

// checkKey and checkSignature are the gateway's.
func (v *Venue) checkKey(c *call) *problem {
	switch key := c.r.Header.Get("X-MBX-APIKEY"); {
	case key == "":
		return errKeyFormat
	case key != v.cfg.Key || v.denied:
		return errKey
	}
	return nil
}

func (v *Venue) checkSignature(c *call) *problem {
	given := c.get("signature")
	if given == "" {
		return errMandatory("signature")
	}
	if !hmac.Equal([]byte(given), []byte(Sign(v.cfg.Secret, c.signed))) {
		return errSignature
	}
	return nil
}

// checkTime judges the timestamp at a time: old is the refusal of one that lies outside of the window.
func checkTime(c *call, now time.Time, old *problem) *problem {
	stamp, err := c.whole("timestamp")
	if err != nil {
		return err
	}
	if stamp == 0 {
		return errMandatory("timestamp")
	}
	window, err := c.whole("recvWindow")
	switch {
	case err != nil:
		return err
	case window == 0:
		window = defaultWindow
	case window < 0 || window > maxWindow:
		return &problem{0, -1131, "recvWindow must be less than 60000"}
	}
	switch age := now.UnixMilli() - stamp; {
	case age <= -aheadMillis:
		return errTimestampNew
	case age > window:
		return old
	}
	return nil
}
