package binancetest

import (
	"time"

	"github.com/shopspring/decimal"
)

// Symbol is one contract of the venue: what exchangeInfo tells of it, and the price that it begins with.
type Symbol struct {
	Name, Base, Quote string
	Contract          string          // its contractType; "" means PERPETUAL
	Status            string          // "" means TRADING
	Delivery          time.Time       // its deliveryDate: when it is delisted; zero means never, which the venue calls 2100
	Price             decimal.Decimal // last, mark and index price until the test moves them

	PricePrecision, QuantityPrecision int32 // digits that a request may have; the tick and the step may be coarser

	Tick, MinPrice, MaxPrice decimal.Decimal // PRICE_FILTER
	Step, MinQty, MaxQty     decimal.Decimal // LOT_SIZE
	MarketMaxQty             decimal.Decimal // MARKET_LOT_SIZE, whose step and least are those of LOT_SIZE
	MinNotional              decimal.Decimal // MIN_NOTIONAL
	MultiplierUp             decimal.Decimal // PERCENT_PRICE: the highest price of a buy, in parts of the mark price
	MultiplierDown           decimal.Decimal // the lowest price of a sell
	MarketTakeBound          decimal.Decimal // how far the best price may be from the mark price for a market order
	MaxOrders                int             // MAX_NUM_ORDERS
	FundingHours             int             // how often funding is due; 0 means every 8 h
	Brackets                 []Bracket       // by rising notional
}

// Bracket is a row of leverageBracket: up to Cap of notional, at most Leverage, and a maintenance margin of
// notional * Ratio - Cum.
type Bracket struct {
	Leverage        int
	Cap, Ratio, Cum decimal.Decimal
}

var dec = decimal.RequireFromString

// LiveSymbols are contracts with filters as the live host had them in 2026: BTCUSDT, ETHUSDT and BNBUSDT.
func LiveSymbols() []Symbol {
	brackets := []Bracket{
		{125, dec("50000"), dec("0.004"), dec("0")},
		{100, dec("500000"), dec("0.005"), dec("50")},
		{50, dec("8000000"), dec("0.01"), dec("2550")},
		{20, dec("50000000"), dec("0.025"), dec("122550")},
	}
	perpetual := Symbol{
		Quote: "USDT", PricePrecision: 2, QuantityPrecision: 3, Brackets: brackets, MaxOrders: 200,
		MultiplierUp: dec("1.05"), MultiplierDown: dec("0.95"), MarketTakeBound: dec("0.05"),
	}
	btc, eth, bnb := perpetual, perpetual, perpetual
	btc.Name, btc.Base, btc.Price = "BTCUSDT", "BTC", dec("60000")
	btc.Tick, btc.MinPrice, btc.MaxPrice = dec("0.10"), dec("556.80"), dec("4529764")
	btc.Step, btc.MinQty, btc.MaxQty, btc.MarketMaxQty = dec("0.001"), dec("0.001"), dec("1000"), dec("120")
	btc.MinNotional = dec("50")

	eth.Name, eth.Base, eth.Price = "ETHUSDT", "ETH", dec("3000")
	eth.Tick, eth.MinPrice, eth.MaxPrice = dec("0.01"), dec("39.86"), dec("306177")
	eth.Step, eth.MinQty, eth.MaxQty, eth.MarketMaxQty = dec("0.001"), dec("0.001"), dec("10000"), dec("2000")
	eth.MinNotional = dec("20")

	bnb.Name, bnb.Base, bnb.Price = "BNBUSDT", "BNB", dec("600")
	bnb.PricePrecision, bnb.QuantityPrecision, bnb.FundingHours = 3, 2, 4
	bnb.Tick, bnb.MinPrice, bnb.MaxPrice = dec("0.010"), dec("6.600"), dec("100000")
	bnb.Step, bnb.MinQty, bnb.MaxQty, bnb.MarketMaxQty = dec("0.01"), dec("0.01"), dec("100000"), dec("2000")
	bnb.MinNotional = dec("5")
	return []Symbol{btc, eth, bnb}
}

// DemoSymbols are the same contracts with filters of the demo host, which is a matching engine of its own: finer steps,
// and other bounds. A client has to read exchangeInfo from the host that it trades on.
func DemoSymbols() []Symbol {
	symbols := LiveSymbols()
	for i := range symbols {
		s := &symbols[i]
		s.QuantityPrecision = 4
		s.Step, s.MinQty = dec("0.0001"), dec("0.0001")
		s.MinNotional = dec("100")
		s.MarketMaxQty = dec("100")
		s.MultiplierUp, s.MultiplierDown = dec("1.15"), dec("0.85")
	}
	return symbols
}

func (s Symbol) status() string {
	if s.Status == "" {
		return "TRADING"
	}
	return s.Status
}

func (s Symbol) contract() string {
	if s.Contract == "" {
		return "PERPETUAL"
	}
	return s.Contract
}

func (s Symbol) price(d decimal.Decimal) string    { return d.StringFixed(s.PricePrecision) }
func (s Symbol) quantity(d decimal.Decimal) string { return d.StringFixed(s.QuantityPrecision) }

// bracket is the row that a notional falls into; beyond the last it is the last.
func (s Symbol) bracket(notional decimal.Decimal) Bracket {
	for _, b := range s.Brackets {
		if notional.LessThanOrEqual(b.Cap) {
			return b
		}
	}
	return s.Brackets[len(s.Brackets)-1]
}

// onGrid reports whether (d - from) is a whole multiple of step.
func onGrid(d, from, step decimal.Decimal) bool {
	return step.IsZero() || d.Sub(from).Mod(step).IsZero()
}

// info is the symbol's part of exchangeInfo.
func (s Symbol) info() obj {
	return obj{
		"settlePlan": 0, "symbol": s.Name, "pair": s.Name, "contractType": s.contract(), "deliveryDate": s.delivery(),
		"onboardDate": 1569398400000, "status": s.status(), "baseAsset": s.Base, "quoteAsset": s.Quote,
		"marginAsset": s.Quote, "pricePrecision": s.PricePrecision, "quantityPrecision": s.QuantityPrecision,
		"baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": "COIN", "underlyingSubType": []string{"PoW"},
		"triggerProtect": "0.0500", "liquidationFee": liquidationFee.String(), "marketTakeBound": s.MarketTakeBound.String(),
		"maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000", "maxMoveOrderLimit": 10000,
		"orderTypes": []string{"LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
			"TRAILING_STOP_MARKET"},
		"timeInForce": []string{"GTC", "IOC", "FOK", "GTX", "GTD"},
		"filters": []obj{
			{"filterType": "PRICE_FILTER", "minPrice": s.price(s.MinPrice), "maxPrice": s.price(s.MaxPrice),
				"tickSize": s.price(s.Tick)},
			{"filterType": "LOT_SIZE", "minQty": s.quantity(s.MinQty), "maxQty": s.quantity(s.MaxQty),
				"stepSize": s.quantity(s.Step)},
			{"filterType": "MARKET_LOT_SIZE", "minQty": s.quantity(s.MinQty), "maxQty": s.quantity(s.MarketMaxQty),
				"stepSize": s.quantity(s.Step)},
			{"filterType": "MAX_NUM_ORDERS", "limit": s.MaxOrders},
			{"filterType": "MAX_NUM_ALGO_ORDERS", "limit": maxAlgoOrders},
			{"filterType": "MIN_NOTIONAL", "notional": s.MinNotional.String()},
			{"filterType": "PERCENT_PRICE", "multiplierUp": s.MultiplierUp.StringFixed(4),
				"multiplierDown": s.MultiplierDown.StringFixed(4), "multiplierDecimal": "4"},
			{"filterType": "POSITION_RISK_CONTROL", "positionControlSide": "NONE"},
		},
	}
}
