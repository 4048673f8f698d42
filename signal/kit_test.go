package signal_test

import "time"

var origin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

const second = time.Second
