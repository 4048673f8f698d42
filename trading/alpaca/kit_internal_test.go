package alpaca

import (
	"log/slog"
	"net/http"
)

var silent = slog.New(slog.DiscardHandler)

// transport is a function that answers requests.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }
