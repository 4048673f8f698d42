package binance

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOutcomeOfEachAnswer(t *testing.T) {
	t.Parallel()
	const (
		unknownText = "Unknown error, please check your request or try again later."
		throttled   = "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again."
		html        = "<html><body><h1>502 Bad Gateway</h1></body></html>"
	)
	says := func(code int, text string) string { return fmt.Sprintf(`{"code":%d,"msg":%q}`, code, text) }
	for name, c := range map[string]struct {
		status int
		body   string
		want   outcome
	}{
		"200 with the order":                  {200, `{"orderId":1,"clientOrderId":"v-1"}`, taken},
		"-1006 at 400":                        {400, says(-1006, "An unexpected response was received from the message bus."), unknown},
		"-1007 at 408":                        {408, says(-1007, "Timeout waiting for response from backend server."), unknown},
		"-1007 at 400":                        {400, says(-1007, "Timeout waiting for response from backend server."), unknown},
		"-1007 at 200":                        {200, says(-1007, "Timeout"), unknown},
		"-1000 at 400":                        {400, says(-1000, "An unknown error occurred while processing the request."), unknown},
		"503 with unknown error":              {503, says(-1000, unknownText), unknown},
		"503 with unknown error and no code":  {503, `{"msg":"` + unknownText + `"}`, unknown},
		"408 with another code":               {408, says(-1234, "?"), unknown},
		"500 with another code":               {500, says(-2019, "Margin is insufficient."), unknown},
		"502 of a proxy":                      {502, html, unknown},
		"504 of a proxy":                      {504, html, unknown},
		"404 of a proxy":                      {404, html, unknown},
		"429 of a proxy":                      {429, html, unknown},
		"200 that says nothing":               {200, "", unknown},
		"302 to somewhere":                    {302, "", unknown},
		"503 Service Unavailable":             {503, says(-1001, "Service Unavailable."), refused},
		"503 Service Unavailable of a proxy":  {503, "Service Unavailable.", unknown},
		"503 Service Unavailable and more":    {503, says(-1001, "Service Unavailable. Maybe."), unknown},
		"503 internal error, try again":       {503, says(-1001, "Internal error; unable to process your request. Please try again."), refused},
		"-1001 with another text":             {400, says(-1001, "Internal error; your request was lost."), unknown},
		"-1008 with its text":                 {503, says(-1008, throttled), refused},
		"-1008 at 429":                        {429, says(-1008, throttled), refused},
		"-1008 with another text":             {503, says(-1008, "Server is currently overloaded."), unknown},
		"-4116 an open order has this ID":     {400, says(-4116, "ClientOrderId is duplicated."), duplicate},
		"429 too many requests":               {429, says(-1003, "Too many requests."), refused},
		"418 banned":                          {418, says(-1003, "Way too many requests; IP banned until 1764380000000."), refused},
		"-1015 too many new orders":           {429, says(-1015, "Too many new orders."), refused},
		"-1015 at 400":                        {400, says(-1015, "Too many new orders."), refused},
		"-1021 too old":                       {400, says(-1021, "Timestamp for this request is outside of the recvWindow."), refused},
		"-5028 too old in the engine":         {400, says(-5028, "Timestamp for this request is outside of the ME recvWindow."), refused},
		"403 of the firewall":                 {403, html, refused},
		"403 with a code":                     {403, says(-1234, "no"), rejected},
		"-2014 key format":                    {401, says(-2014, "API-key format invalid."), denied},
		"-2015 key, address or permission":    {401, says(-2015, "Invalid API-key, IP, or permissions for action."), denied},
		"-1022 signature":                     {400, says(-1022, "Signature for this request is not valid."), denied},
		"-2019 margin":                        {400, says(-2019, "Margin is insufficient."), rejected},
		"-2022 reduce-only":                   {400, says(-2022, "ReduceOnly Order is rejected."), rejected},
		"-2021 would trigger at once":         {400, says(-2021, "Order would immediately trigger."), rejected},
		"-4164 notional":                      {400, says(-4164, "Order's notional must be no smaller than 5.0"), rejected},
		"-1111 precision":                     {400, says(-1111, "Precision is over the maximum defined for this asset."), rejected},
		"-4120 conditional at the wrong door": {400, says(-4120, "Order type not supported for this endpoint."), rejected},
		"-5021 fill or kill":                  {400, says(-5021, "Due to the order could not be filled immediately, the FOK order has been rejected."), rejected},
		"-5022 post only":                     {400, says(-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."), rejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := &exchange{sent: true, status: c.status, body: []byte(c.body)}
			require.Equal(t, c.want, x.judge(c.body != ""))
		})
	}
}

func TestOutcomeOfWhatNobodyAnswered(t *testing.T) {
	t.Parallel()
	ok := []byte(`{"orderId":1}`)
	require.Equal(t, unknown, (&exchange{sent: true, broken: errors.New("reset")}).judge(false))
	require.Equal(t, unknown, (&exchange{sent: true, status: 200, body: ok, broken: errors.New("cut")}).judge(true))
	require.Equal(t, unknown, (&exchange{sent: true, status: 200, body: ok}).judge(false), "it could not be read")
	require.Equal(t, taken, (&exchange{sent: true, status: 200, body: ok}).judge(true))
}
