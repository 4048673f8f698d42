package binancetest

import "fmt"

// problem is a refusal as the venue writes it: {"code":-1121,"msg":"Invalid symbol."} with an HTTP status.
type problem struct {
	status int // 0 means 400
	code   int
	msg    string
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s", p.code, p.msg) }

func (p *problem) body() obj { return obj{"code": p.code, "msg": p.msg} }

// The refusals, with the texts of the venue's page of error codes.
var (
	errUnexpected     = &problem{0, -1006, "An unexpected response was received from the message bus. Execution status unknown."}
	errBackendTimeout = &problem{408, -1007,
		"Timeout waiting for response from backend server. Send status unknown; execution status unknown."}
	// The pages have no codes for the texts of the first two.
	errUnknown     = &problem{503, -1000, "Unknown error, please check your request or try again later."}
	errUnavailable = &problem{503, -1000, "Service Unavailable."}
	errInternal    = &problem{503, -1001, "Internal error; unable to process your request. Please try again."}
	errThrottled   = &problem{503, -1008, "Request throttled by system-level protection. " +
		"Reduce-only/close-position orders are exempt. Please try again."}
	errTimestampOld = &problem{0, -1021, "Timestamp for this request is outside of the recvWindow."}
	errTimestampNew = &problem{0, -1021, "Timestamp for this request was 1000ms ahead of the server's time."}
	errSignature    = &problem{0, -1022, "Signature for this request is not valid."}
	errPrecision    = &problem{0, -1111, "Precision is over the maximum defined for this asset."}
	errTimeInForce  = &problem{0, -1115, "Invalid timeInForce."}
	errOrderType    = &problem{0, -1116, "Invalid orderType."}
	errSide         = &problem{0, -1117, "Invalid side."}
	errInterval     = &problem{0, -1120, "Invalid interval."}
	errSymbol       = &problem{0, -1121, "Invalid symbol."}
	errListenKey    = &problem{0, -1125, "This listenKey does not exist."}
	errCombination  = &problem{0, -1128, "Combination of optional parameters invalid."}
	errUnknownOrder = &problem{0, -2011, "Unknown order sent."}
	errNoOrder      = &problem{0, -2013, "Order does not exist."}
	errKeyFormat    = &problem{401, -2014, "API-key format invalid."}
	errKey          = &problem{401, -2015, "Invalid API-key, IP, or permissions for action."}
	errMargin       = &problem{0, -2019, "Margin is insufficient."}
	errTrigger      = &problem{0, -2021, "Order would immediately trigger."}
	errReduceOnly   = &problem{0, -2022, "ReduceOnly Order is rejected."}
	errOpenOrders   = &problem{0, -2025, "Reach max open order limit."}
	errLeverageCap  = &problem{0, -2027, "Exceeded the maximum allowable position at current leverage."}
	errPriceMax     = &problem{0, -4002, "Price greater than max price."}
	errQtyZero      = &problem{0, -4003, "Quantity less than zero."}
	errQtyMin       = &problem{0, -4004, "Quantity less than min quantity."}
	errQtyMax       = &problem{0, -4005, "Quantity greater than max quantity."}
	errPriceMin     = &problem{0, -4013, "Price less than min price."}
	errTick         = &problem{0, -4014, "Price not increased by tick size."}
	errClientID     = &problem{0, -4015, "Client order id is not valid."}
	errStep         = &problem{0, -4023, "Quantity not increased by step size."}
	errStopOrders   = &problem{0, -4045, "Reach max stop order limit."}
	errMarginType   = &problem{0, -4046, "No need to change margin type."}
	errMarginOrders = &problem{0, -4047, "Margin type cannot be changed if there exists open orders."}
	errMarginHeld   = &problem{0, -4048, "Margin type cannot be changed if there exists position."}
	errPositionMode = &problem{0, -4059, "No need to change position side."}
	errPositionSide = &problem{0, -4061, "Order's position side does not match user's setting."}
	errModeOrders   = &problem{0, -4067, "Position side cannot be changed if there exists open orders."}
	errModeHeld     = &problem{0, -4068, "Position side cannot be changed if there exists position."}
	errDuplicate    = &problem{0, -4116, "ClientOrderId is duplicated."}
	errAlgoOnly     = &problem{0, -4120,
		"Order type not supported for this endpoint. Please use the Algo Order API endpoints instead."}
	errTakeBound     = &problem{0, -4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."}
	errCloseQuantity = &problem{0, -4137, "Quantity must be zero with closePosition equals true."}
	errOpening       = &problem{0, -4140, "Invalid symbol status for opening position."}
	errClosed        = &problem{0, -4141, "Symbol is closed."}
	errNotional      = &problem{0, -4164, "Order's notional must be no smaller than 5.0 (unless you choose reduce only)."}
	errFillOrKill    = &problem{0, -5021, "Due to the order could not be filled immediately, the FOK order has been rejected. " +
		"The order will not be recorded in the order history."}
	errPostOnly = &problem{0, -5022, "Due to the order could not be executed as maker, the Post Only order will be rejected. " +
		"The order will not be recorded in the order history."}
	errEngineWindow = &problem{0, -5028, "Timestamp for this request is outside of the ME recvWindow."}
)

func errMandatory(name string) *problem {
	return &problem{0, -1102, fmt.Sprintf("Mandatory parameter '%s' was not sent, was empty/null, or malformed.", name)}
}

func errParameter(name string) *problem {
	return &problem{0, -1130, fmt.Sprintf("Data sent for parameter '%s' is not valid.", name)}
}

// errNotModelled is no answer of the venue. A test that meets it asks for more than the fake has, and a made-up answer
// would prove nothing.
func errNotModelled(what string) *problem {
	return &problem{501, -9999, "binancetest does not model " + what + "."}
}

func errIllegal(name string) *problem {
	return &problem{0, -1100, fmt.Sprintf("Illegal characters found in parameter '%s'; legal range is "+
		"'^([0-9]{1,20})(\\.[0-9]{1,20})?$'.", name)}
}
