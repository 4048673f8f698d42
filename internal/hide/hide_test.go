package hide_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/hide"
)

func TestNoPieceOfAURLIsLeft(t *testing.T) {
	t.Parallel()
	secrets := hide.URL("https://ann:pa%20ss@hooks.example.net/T0KEN/b%2Fc-0123?key=a%26b12", "0123456789abcdef")
	for _, said := range []string{
		"no such check: T0KEN", "not found: /T0KEN/b%2Fc-0123", "no b/c-0123 here", "?key=a%26b12", "the key a&b12 is wrong",
		"pa ss is no password", "0123456789abcdef", "https://ann:pa%20ss@hooks.example.net/T0KEN/b%2Fc-0123?key=a%26b12",
	} {
		shown := secrets.In(said)
		require.Contains(t, shown, "***")
		for _, piece := range []string{"T0KEN", "0123", "b12", "pa ss", "pa%20ss", "abcdef"} {
			require.NotContains(t, shown, piece, said)
		}
	}
	require.Equal(t, "hooks.example.net answered: /a", secrets.In("hooks.example.net answered: /a"))
	require.Empty(t, hide.URL("/"))
}
