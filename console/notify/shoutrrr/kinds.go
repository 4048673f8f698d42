package shoutrrr

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// kind is how URLs of one service are read.
type kind struct {
	open func(u *url.URL) (channel, error)
	// parameters are those that are taken: not those that would turn a text into markup, or put another in its place.
	parameters []string
}

// kinds are the services, by the scheme of a URL.
var kinds = map[string]kind{
	"telegram": {newTelegram, []string{"chats", "channels", "notification", "preview"}},
	"slack": {newSlack, []string{
		"botname", "username", "icon", "icon_emoji", "icon_url", "thread_ts",
	}},
	"discord": {newDiscord, []string{"username", "avatar", "avatarurl", "thread_id"}},
	"smtp": {newMail, []string{
		"from", "fromaddress", "fromname", "to", "toaddresses", "auth", "encryption", "starttls", "usestarttls",
		"requirestarttls", "skiptlsverify", "clienthost",
	}},
}

const services = "want telegram, slack, discord or smtp"

// otherService says of a URL of no service what it may have been meant for. A scheme that is not known is not shown: it may
// be a piece of a token.
func otherService(u *url.URL) string {
	switch {
	case strings.HasSuffix(u.Host, "slack.com"):
		return "is Slack's own: what stands behind /services/ as A/B/C there is slack://hook:A-B-C@webhook"
	case strings.HasSuffix(u.Host, "discord.com"):
		return "is Discord's own: what stands behind /webhooks/ as ID/TOKEN there is discord://TOKEN@ID"
	case strings.HasSuffix(u.Host, "telegram.org"):
		return "is Telegram's own: want telegram://TOKEN@telegram?chats=CHAT"
	case u.Scheme == "http" || u.Scheme == "https":
		return "is one of http: a webhook is notify.NewWebhook; here " + services
	case u.Scheme == "mailto":
		return "is no server: want smtp://USER:PASSWORD@HOST:587/?from=ADDRESS&to=ADDRESS"
	case u.Scheme == "":
		return "has no service in front of ://: " + services
	}
	return "is of an unknown service: " + services
}

// checkParameters shows no name that it does not know: it may be a piece of a password.
func (k kind) checkParameters(u *url.URL) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("its parameters cannot be read")
	}
	for name, value := range values {
		if !slices.Contains(k.parameters, strings.ToLower(name)) {
			return fmt.Errorf("it has a parameter that is none of %s", strings.Join(k.parameters, ", "))
		}
		if len(value) > 1 {
			return fmt.Errorf("its parameter %s is there twice", strings.ToLower(name))
		}
	}
	if u.Fragment != "" {
		return errors.New("what stands behind a # in it means nothing: written as %23 it is a part of what stands before")
	}
	return nil
}
