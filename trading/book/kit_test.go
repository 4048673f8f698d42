package book_test

import (
	"time"

	"github.com/shopspring/decimal"
)

const btc, eth = "BTC/USDT", "ETH/USDT"

var noon = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }
