package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
)

// look is how often the market is looked at while a client waits for updates: what nobody asks for does not fill.
const look = 20 * time.Millisecond

// getUpdates answers when something has happened after what the client knows, or after client.Patience.
func (v *venue) getUpdates(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	run := r.URL.Query().Get("run")
	for enough := v.clock.Now().Add(client.Patience); ; {
		happened := v.broker.Updated()
		news := client.News{Run: v.run}
		err := v.settled(r.Context(), func() error {
			_, err := v.broker.OpenOrders(r.Context())
			news.Updates = v.broker.Updates(after)
			news.Missed = news.Missed || run != v.run
			return err
		})
		if err != nil || news.Missed || news.Seq != after || !v.clock.Now().Before(enough) {
			answer(w, news, err)
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-happened:
		case <-v.clock.After(look):
		}
	}
}
