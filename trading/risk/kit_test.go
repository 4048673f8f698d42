package risk_test

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const btc, eth = "BTC/USDT", "ETH/USDT"

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func instrument(symbol string) trading.Instrument {
	return trading.Instrument{Symbol: symbol, Tick: d("0.01"), Step: d("0.001"), MinNotional: d("5")}
}
