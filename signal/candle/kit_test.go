package candle_test

const btc = "BTC/USDT:USDT"
