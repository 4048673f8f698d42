package answer_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

func TestJSONHasNothingThatATerminalObeys(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"plain <b> & ü": `"plain <b> & ü"`,
		"\x1b[31m":      `"\u001b[31m"`,
		"\u009b31m":     `"\u009b31m"`,
		"\x7f\u0080ü":   `"\u007f\u0080ü"`,
	} {
		text, err := answer.JSON(said)
		require.NoError(t, err)
		require.Equal(t, want+"\n", string(text))
		var back string
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, said, back)
	}
}

func TestRefuseSaysItAsAProblem(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	answer.OnlyRead(w, httptest.NewRequest(http.MethodPost, "/", http.NoBody))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	require.JSONEq(t, `{"type":"about:blank","title":"Method Not Allowed","status":405,
		"detail":"this path is read with GET or HEAD"}`, w.Body.String())
}
