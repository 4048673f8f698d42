package binancetest

// routeTable is all that the venue answers, with the weights of its pages.
func (v *Venue) routeTable() []route {
	return []route{
		{"GET", "/fapi/v1/ping", open, weighs(1), false, v.getPing},
		{"GET", "/fapi/v1/time", open, weighs(1), false, v.getTime},
		{"GET", "/fapi/v1/exchangeInfo", open, weighs(1), false, v.exchangeInfo},
		{"GET", "/fapi/v1/klines", open, klineWeight, false, v.klines},
		{"GET", "/fapi/v1/ticker/24hr", open, perSymbol(1, 40), false, v.ticker24h},
		{"GET", "/fapi/v1/ticker/price", open, perSymbol(1, 2), false, v.tickerPrice},
		{"GET", "/fapi/v2/ticker/price", open, perSymbol(1, 2), false, v.tickerPrice},
		{"GET", "/fapi/v1/ticker/bookTicker", open, perSymbol(2, 5), false, v.bookTickers},
		{"GET", "/fapi/v1/premiumIndex", open, perSymbol(1, 10), false, v.premiumIndex},
		{"GET", "/fapi/v1/fundingInfo", open, weighs(1), false, v.fundingInfo},

		{"POST", pathOrder, signed, weighs(0), true, v.postOrder},
		{"GET", pathOrder, signed, weighs(1), false, v.getOrder},
		{"DELETE", pathOrder, signed, weighs(1), false, v.deleteOrder},
		{"GET", "/fapi/v1/openOrder", signed, weighs(1), false, v.getOpenOrder},
		{"GET", "/fapi/v1/openOrders", signed, perSymbol(1, 40), false, v.openOrders},
		{"DELETE", "/fapi/v1/allOpenOrders", signed, weighs(1), false, v.deleteOpenOrders},
		{"GET", "/fapi/v1/allOrders", signed, weighs(5), false, v.allOrders},
		{"GET", "/fapi/v1/userTrades", signed, weighs(5), false, v.userTrades},
		{"POST", "/fapi/v1/countdownCancelAll", signed, weighs(10), false, v.countdown},

		{"POST", pathAlgo, signed, weighs(0), true, v.postAlgo},
		{"GET", pathAlgo, signed, weighs(1), false, v.getAlgo},
		{"DELETE", pathAlgo, signed, weighs(1), false, v.deleteAlgo},
		{"GET", "/fapi/v1/openAlgoOrders", signed, perSymbol(1, 40), false, v.openAlgos},
		{"DELETE", "/fapi/v1/algoOpenOrders", signed, weighs(1), false, v.deleteOpenAlgos},
		{"GET", "/fapi/v1/allAlgoOrders", signed, weighs(5), false, v.allAlgos},

		{"GET", "/fapi/v1/accountConfig", signed, weighs(5), false, v.accountConfig},
		{"GET", "/fapi/v1/symbolConfig", signed, weighs(5), false, v.symbolConfig},
		{"GET", "/fapi/v2/account", signed, weighs(5), false, v.accountV2},
		{"GET", "/fapi/v3/account", signed, weighs(5), false, v.accountV3},
		{"GET", "/fapi/v2/balance", signed, weighs(5), false, v.balance},
		{"GET", "/fapi/v3/balance", signed, weighs(5), false, v.balance},
		{"GET", "/fapi/v2/positionRisk", signed, weighs(5), false, v.positionRiskV2},
		{"GET", "/fapi/v3/positionRisk", signed, weighs(5), false, v.positionRiskV3},
		{"GET", "/fapi/v1/positionSide/dual", signed, weighs(30), false, v.getDual},
		{"POST", "/fapi/v1/positionSide/dual", signed, weighs(1), false, v.postDual},
		{"GET", "/fapi/v1/multiAssetsMargin", signed, weighs(30), false, v.getMultiAssets},
		{"POST", "/fapi/v1/leverage", signed, weighs(1), false, v.postLeverage},
		{"POST", "/fapi/v1/marginType", signed, weighs(1), false, v.postMarginType},
		{"GET", "/fapi/v1/leverageBracket", signed, weighs(1), false, v.leverageBracket},
		{"GET", "/fapi/v1/commissionRate", signed, weighs(20), false, v.commissionRate},
		{"GET", "/fapi/v1/income", signed, weighs(30), false, v.income},
		{"GET", "/sapi/v1/account/apiRestrictions", signed, weighs(1), false, v.apiRestrictions},

		{"POST", "/fapi/v1/listenKey", keyed, weighs(1), false, v.postListenKey},
		{"PUT", "/fapi/v1/listenKey", keyed, weighs(1), false, v.putListenKey},
		{"DELETE", "/fapi/v1/listenKey", keyed, weighs(1), false, v.deleteListenKey},
	}
}
