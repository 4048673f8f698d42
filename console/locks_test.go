package console_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// closed is an account in which everything stands that keeps things from being opened.
func closed() engine.Status {
	one := decimal.New(1, 0)
	return engine.Status{
		At: noon, ReduceOnly: true, Halt: book.Halt{Reason: "odd", Also: "more", At: noon, Seq: 5},
		Locks: []book.Lock{{Symbol: "BTC/USDT", Until: noon.Add(time.Hour), By: "ann", Reason: "news"}},
		Protections: []book.Lock{
			{Until: noon.Add(2 * time.Hour), By: "limit: StopGuard", Reason: "StopGuard is 2"},
			{Symbol: "ETH/USDT", Until: noon.Add(3 * time.Hour), By: "limit: CoolDown", Reason: "CoolDown is 3h"},
		},
		Orphaned: []string{"SOL/USDT"},
		Targets: []book.Target{
			{Symbol: "SOL/USDT", Strategy: "macd", Orphan: "fast=9"}, {Symbol: "XRP/USDT", Strategy: "macd", Orphan: "fast=9"},
		},
		Stakes: []book.Stake{
			{Position: trading.Position{Symbol: "ADA/USDT", Quantity: one}, Strategy: "rsi", Orphan: "n=3"},
			{Position: trading.Position{Symbol: "DOT/USDT"}, Strategy: "rsi", Orphan: "n=3"},
		},
	}
}

func locksOf(t *testing.T, h http.Handler) (all []map[string]any) {
	t.Helper()
	w := ask(h, http.MethodGet, "/api/locks")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &all))
	return all
}

func TestLocksSayWhoWhatWhyAndUntilWhen(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{
		Account: func() (engine.Status, bool) { return closed(), true },
		Overrides: func() []journal.Override {
			return []journal.Override{{Key: "cycle", By: "bob", At: noon}, {Key: "reduce_only", By: "ann", At: noon}}
		},
	})
	want := []map[string]any{
		{"kind": "halt", "scope": "account", "why": "odd; also: more", "since": "2026-03-04T12:00:00Z"},
		{"kind": "reduce_only", "scope": "account", "by": "ann", "why": "only what reduces a position is sent",
			"since": "2026-03-04T12:00:00Z"},
		{"kind": "protection", "scope": "account", "by": "limit: StopGuard", "why": "StopGuard is 2", "until": "2026-03-04T14:00:00Z"},
		{"kind": "protection", "scope": "instrument", "symbol": "ETH/USDT", "by": "limit: CoolDown", "why": "CoolDown is 3h",
			"until": "2026-03-04T15:00:00Z"},
		{"kind": "lock", "scope": "instrument", "symbol": "BTC/USDT", "by": "ann", "why": "news", "until": "2026-03-04T13:00:00Z"},
		{"kind": "orphan", "scope": "strategy", "symbol": "SOL/USDT", "strategy": "macd",
			"why": "it speaks no more as it was (fast=9): what is held for it is only reduced"},
		{"kind": "orphan", "scope": "strategy", "symbol": "ADA/USDT", "strategy": "rsi",
			"why": "it speaks no more as it was (n=3): what is held for it is only reduced"},
	}
	got := locksOf(t, h)
	for _, one := range got {
		require.NotEmpty(t, one["way_out"], one)
		delete(one, "way_out")
	}
	require.Equal(t, want, got)
	row := rows(t, ask(h, http.MethodGet, "/api/locks?format=csv").Body.String())[4]
	require.Equal(t, map[string]string{
		"kind": "lock", "scope": "instrument", "symbol": "BTC/USDT", "strategy": "", "by": "ann", "why": "news", "since": "",
		"until": "2026-03-04T13:00:00Z", "way_out": "it ends by itself, or by the act unlock",
	}, row)
	detail := object(t, ask(h, http.MethodGet, "/api/status"))["trading"].(map[string]any)["locks"]
	require.Len(t, detail, 3, "what ends by itself; the others have their own fields")
	require.Contains(t, ask(h, http.MethodGet, "/plain").Body.String(), "2026-03-04 13:00:00 UTC</td><td><bdi>ann</bdi></td><td><bdi>news")
}

func TestLocksOfAnAccountThatIsOpenAreNone(t *testing.T) {
	t.Parallel()
	status, ok := engine.Status{At: noon}, true
	h := handler(t, console.Config{Account: func() (engine.Status, bool) { return status, ok }})
	require.Equal(t, []map[string]any{}, locksOf(t, h))
	status.ReduceOnly = true
	require.Equal(t, "the configuration", locksOf(t, h)[0]["by"])
	ok = false
	require.Equal(t, http.StatusServiceUnavailable, ask(h, http.MethodGet, "/api/locks").Code)
}

func TestControlLocksUntilATimeOrForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		end := began.Add(time.Hour).UTC().Format(time.RFC3339)
		var did asked
		h := did.handler(t)
		body := `{"symbol":"BTC/USDT","for":"1h","reason":"news"}`
		w := post(h, "lock", body)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.Equal(t, "BTC/USDT for 1h0m0s: news", did.audits[0].Object)
		time.Sleep(time.Minute)
		again := post(h, "lock", body)
		require.Equal(t, "true", again.Header().Get("Idempotency-Replayed"), "its hour counts from the first time")
		require.Equal(t, []string{"lock BTC/USDT " + end + " news token"}, did.done)

		body = `{"reason":"news","until":"` + began.Add(time.Hour).In(time.FixedZone("", 3600)).Format(time.RFC3339) + `","symbol":"BTC/USDT"}`
		second := header("Idempotency-Key", "a-second-lock-0001")
		require.Equal(t, http.StatusOK, post(h, "lock", body, second).Code)
		require.Equal(t, "BTC/USDT until "+end+": news", did.audits[1].Object)
		require.Equal(t, did.done[0], did.done[1])

		time.Sleep(time.Hour)
		require.Equal(t, http.StatusOK, post(h, "lock", body, second).Code, "it was done")
		p := refused(t, post(h, "lock", body, header("Idempotency-Key", "a-third-lock-00001")), http.StatusConflict)
		require.Contains(t, p.Detail, "that time is over")
		require.Len(t, did.done, 2)
		require.Contains(t, did.audits[2].Error, "that time is over")
	})
}

func TestControlRefusesALockByTheNameOfItsField(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{}`:                                    "symbol",
		`{"symbol":"BTC/USDT","for":"1h"}`:      "reason",
		`{"symbol":"BTC/USDT","reason":"news"}`: "until",
		`{"symbol":"BTC/USDT","reason":"news","for":"-1h"}`:                               "for",
		`{"symbol":"BTC/USDT","reason":"news","for":"soon"}`:                              "for",
		`{"symbol":"BTC/USDT","reason":"news","until":"tomorrow"}`:                        "until",
		`{"symbol":"BTC/USDT","reason":"news","until":"2036-03-04T12:00:00Z","for":"1h"}`: "for",
		`{"symbol":"BTC/USDT","reason":"news","for":"1h","by":"bob"}`:                     "by",
		`{"symbol":"BTC/USDT","reason":"a\nb","for":"1h"}`:                                "reason",
		`{"symbol":"BTC/USDT","reason":"news","for":"1h","for":"2h"}`:                     "for",
	} {
		var did asked
		p := refused(t, post(did.handler(t), "lock", body), http.StatusBadRequest)
		require.Equal(t, field, p.Field, body)
		require.Empty(t, did.done, body)
	}
}
