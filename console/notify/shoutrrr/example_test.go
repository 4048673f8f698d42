package shoutrrr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
	"github.com/seed-5dee1c0a/vigil/health"
)

// telegram stands for Telegram's server.
type telegram struct{}

func (telegram) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent struct{ Text string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		return nil, err
	}
	fmt.Println(sent.Text)
	body := io.NopCloser(strings.NewReader(`{"ok":true,"result":{}}`))
	return &http.Response{StatusCode: http.StatusOK, Body: body, Request: r}, nil
}

// A chat gets what a notify.Service writes of a message. What hinders that shows the service and its host, and no token.
func Example() {
	const url = "telegram://123456789:AbC_d-E@telegram?chats=-100200300" // from a file that nobody else reads
	chat, err := shoutrrr.New(shoutrrr.Config{URL: url, Client: &http.Client{Transport: telegram{}}})
	if err != nil {
		panic(err)
	}
	fmt.Println(chat)
	service, err := notify.New(notify.Config{
		To: chat, Registry: health.NewRegistry(health.Config{}), Name: "PAPER trader", Page: "https://trader.example.net/",
	})
	if err != nil {
		panic(err)
	}
	service.Post(notify.Message{Kind: notify.KindHalt, Urgent: true, Text: "trading is halted: a look at the news", Remedy: "rearm it"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = service.Serve(ctx) // It sends what waits before it ends. In a program it is a child of the supervisor.

	_, err = shoutrrr.New(shoutrrr.Config{URL: "telegram://123456789@telegram"})
	fmt.Println(err)
	// Output:
	// telegram://api.telegram.org
	// PAPER trader: Nothing new is opened
	// trading is halted: a look at the news
	// To do: rearm it
	// Page: https://trader.example.net/
	// shoutrrr: Config.URL of telegram: its token is not like 123456789:AbC_d-E, which stands before the @ (it is a secret, and not shown)
}
