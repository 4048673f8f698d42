package printable_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/printable"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTextHasNothingThatATerminalActsOn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"BTC/USDT:USDT, 10 €\n\t": "BTC/USDT:USDT, 10 €\n\t",
		"a\x1b[31mred\x1b[0m":     "a\uFFFD[31mred\uFFFD[0m",
		"a\u009b31m\a\r\x7f":      "a\uFFFD31m\uFFFD\uFFFD\uFFFD",
		`"a\x1b[31m"`:             `"a/x1b[31m"`,
		"\xff\xfe":                "\uFFFD\uFFFD",
		"\u202egnp":               "\uFFFDgnp",
	} {
		require.Equal(t, want, printable.Text(text))
	}
}

func TestErrorKeepsWhatItWraps(t *testing.T) {
	t.Parallel()
	require.NoError(t, printable.Error(nil))
	require.Equal(t, io.EOF, printable.Error(io.EOF))
	err := printable.Error(fmt.Errorf("\x1b[2J: %w", io.EOF))
	require.EqualError(t, err, "\uFFFD[2J: EOF")
	require.ErrorIs(t, err, io.EOF)
}
