package shoutrrr_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
)

// A URL that is wrong is refused with what is wrong, and shown to nobody.
func TestBadURLIsRefusedByWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	const chat, hook = "chats=-100200300", "T0SECRET1-B0SECRET2-s3cr3ts3cr3ts3cr3ts3cr3t"
	for url, want := range map[string]string{
		"":                              "has no service in front of ://",
		"123456789:AAE_s3cr3t@telegram": "is no URL",
		"telegram://123456789:AAE_s3cr3t%zz@telegram?" + chat:                       "is no URL",
		"telegram://AAE_s3cr3t:123456789@telegram?" + chat:                          "of telegram: its token is not like 123456789:",
		"telegram://123456789:AAE_s3cr3t@telegram":                                  "it names no chat",
		"telegram://123456789:AAE_s3cr3t@telegram?chats=-100200300,-100200300":      "more than one chat",
		"telegram://123456789:AAE_s3cr3t@telegram?" + chat + "&parsemode=HTML":      "a parameter that is none of chats,",
		"telegram://123456789:AAE_s3cr3t@telegram?" + chat + "&title=s3cr3t":        "a parameter that is none of chats,",
		"telegram://123456789:AAE_s3cr3t@telegram?" + chat + "&chats=-100200300":    "parameter chats is there twice",
		"telegram://123456789:AAE_s3cr3t@telegram?" + chat + "#s3cr3t":              "behind a #",
		"telegram://123456789:AAE_s3cr3t@telegram?" + chat + "&notification=s3cr3t": "notification and preview are yes or no",
		"https://api.telegram.org/bot123456789:AAE_s3cr3t/sendMessage":              "is Telegram's own: want telegram://",
		"https://hooks.slack.com/services/T0SECRET1/B0SECRET2/s3cr3t":               "slack://hook:A-B-C@webhook",
		"https://discord.com/api/webhooks/987654321987654321/s3cr3t":                "discord://TOKEN@ID",
		"https://example.net/s3cr3t":                                                "a webhook is notify.NewWebhook",
		"mailto:s3cr3t@example.net":                                                 "want smtp://",
		"hunter2s3cr3t://x":                                                         "is of an unknown service: want telegram,",
		"slack://hook:SECRET@webhook":                                               "its token is like slack://hook:",
		"slack://hook:T0SECRET1/B0SECRET2-s3cr3ts3cr3ts3cr3ts3cr3t@webhook":         "is no URL",
		"slack://hook:" + hook + "@webhook?title=x":                                 "a parameter that is none of botname,",
		"slack://hook:" + hook + "@":                                                "it names no channel",
		"discord://s3cr3t@987654321987654321/raw":                                   "it has a path",
		"discord://s3cr3t@":                                                         "want discord://TOKEN@WEBHOOK_ID",
		"discord://987654321987654321@s3cr3t":                                       "of which the ID is a number",
		"discord://s3cr3t@987654321987654321?json=yes":                              "a parameter that is none of username,",
		"smtp://ann:hunter2@mail.example.net:587/":                                  "it wants ?from=ADDRESS&to=ADDRESS",
		"smtp://ann:hunter2@mail.example.net:587/?from=a@b.c&to=hunter2":            "its to is no address",
		"smtp://ann:hunter2@mail.example.net:587/?from=a@b.c&to=d@e.f,g@h.i":        "more than one address",
		"smtp://ann:hunter2@mail.example.net:587/?from=a@b.c&to=d@e.f&auth=hunter2": "auth is None, Plain,",
		"smtp://ann:hunter2@mail.example.net:587/?from=a@b.c&to=d@e.f&usehtml=yes":  "a parameter that is none of from,",
		"smtp://ann:hunter2@/?from=a@b.c&to=d@e.f":                                  "names no server",
		"smtp://ann:hunter2@mail.example.net:s3cr3t/?from=a@b.c&to=d@e.f":           "is no URL",
	} {
		_, err := shoutrrr.New(shoutrrr.Config{URL: url})
		require.ErrorContains(t, err, want, url)
		require.ErrorContains(t, err, "it is a secret, and not shown")
		requireNoSecret(t, unexampled(err.Error()))
	}
}

// unexampled is an error without the example of a token that one of them has.
func unexampled(text string) string {
	const example = "123456789:AbC_d-E"
	for i := range len(text) - len(example) + 1 {
		if text[i:i+len(example)] == example {
			return text[:i] + text[i+len(example):]
		}
	}
	return text
}

func TestNotifierNamesItsServiceAndHostAlone(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		telegramURL: "telegram://api.telegram.org", hookURL: "slack://hooks.slack.com", botURL: "slack://slack.com",
		discordURL: "discord://discord.com", mailURL: "smtp://mail.example.net",
		"slack://T0SECRET1/B0SECRET2/s3cr3ts3cr3ts3cr3ts3cr3t": "slack://hooks.slack.com",
	} {
		n, err := shoutrrr.New(shoutrrr.Config{URL: url})
		require.NoError(t, err, url)
		require.Equal(t, want, n.String())
		require.Equal(t, want, fmt.Sprint(n))
	}
}
