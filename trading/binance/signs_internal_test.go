package binance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInstrumentIsCalmUntilSomethingHappens(t *testing.T) {
	t.Parallel()
	const every = 5 * time.Second
	s := newSigns()
	require.False(t, s.isCalm("BTCUSDT", ">1", noon, every), "nothing is known of it")
	s.found("BTCUSDT", ">1", noon)
	require.True(t, s.isCalm("BTCUSDT", ">1", noon.Add(every-1), every))
	require.False(t, s.isCalm("BTCUSDT", ">1", noon.Add(every), every), "it is asked for now and then")
	require.False(t, s.isCalm("BTCUSDT", ">0", noon, every), "who is further back is told the rest")
	require.False(t, s.isCalm("ETHUSDT", ">1", noon, every))
	require.False(t, s.isCalm("BTCUSDT", ">1", noon.Add(-time.Hour), every), "a clock that was set back does not keep it calm")
	require.False(t, s.isCalm("BTCUSDT", ">1", noon, 0))

	s.see("BTCUSDT", noon.Add(time.Second))
	s.found("BTCUSDT", ">1", noon.Add(2*time.Second))
	require.False(t, s.isCalm("BTCUSDT", ">1", noon.Add(signFor), every), "a trade may be listed later")
	s.found("BTCUSDT", ">1", noon.Add(signFor))
	require.True(t, s.isCalm("BTCUSDT", ">1", noon.Add(signFor+time.Second), every))
	s.doubt()
	require.False(t, s.isCalm("BTCUSDT", ">1", noon.Add(signFor+time.Second), every), "it may have missed something")
}

func TestCalmInstrumentsTakeNoMoreThanTheirShare(t *testing.T) {
	t.Parallel()
	b := serve(t, nil).broker(t)
	require.Zero(t, b.calmEvery(always))
	require.Equal(t, 6250*time.Millisecond, b.calmEvery(10), "at 2400 of weight in a minute")
	require.NoError(t, b.known(t.Context()))
	require.Equal(t, 2500*time.Millisecond, b.calmEvery(10), "at 6000, as the host says")
}
