package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const strongToken = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

func TestWeakTokenIsRefusedBeforeAnythingIsMade(t *testing.T) {
	t.Parallel()
	_, err := parseConfig([]string{"--paper"}, environ(tokenVariable, "secret"))
	require.ErrorContains(t, err, "LIVETRADER_TOKEN: console: Control.Token has less than 128 bits")
	require.ErrorAs(t, err, new(usageError))
	require.NotContains(t, err.Error(), "secret")
}

func TestListenBeyondThisMachineNeedsAToken(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(strongToken+"\n"), 0o600))
	token := environ(tokenVariable+fileSuffix, file)
	for address, open := range map[string]bool{
		"127.0.0.1:8000": false, ":8000": false, "[::1]:8000": false, "localhost:8000": false, "off": false,
		"0.0.0.0:8000": true, "[::]:8000": true, "192.0.2.1:8000": true, "trader.example.org:8000": true,
	} {
		_, err := parseConfig([]string{"--paper", "--listen", address}, environ())
		if !open {
			require.NoError(t, err, address)
			continue
		}
		require.ErrorContains(t, err, "--listen "+address+" can be reached by others: set LIVETRADER_TOKEN", address)
		require.ErrorAs(t, err, new(usageError))
		c, err := parseConfig([]string{"--paper", "--listen", address}, token)
		require.NoError(t, err, address)
		require.Equal(t, strongToken, c.token)
	}
	_, err := parseConfig([]string{"--paper"}, environ(tokenVariable+fileSuffix, file+".gone"))
	require.ErrorAs(t, err, new(usageError))
}

func TestTokenIsAskedForButByTheProbes(t *testing.T) {
	t.Parallel()
	api := withToken("secret", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for name, c := range map[string]struct {
		path, header string
		code         int
	}{
		"no token":               {"/health", "", http.StatusUnauthorized},
		"another token":          {"/api/signals/latest", "Bearer secrets", http.StatusUnauthorized},
		"the token":              {"/health", "Bearer secret", http.StatusOK},
		"the probe of life":      {"/livez", "", http.StatusOK},
		"the probe of readiness": {"/readyz", "", http.StatusOK},
		"a way to the probe":     {"/livez/../health", "", http.StatusUnauthorized},
		"the token and no word":  {"/health", "secret", http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
			r.URL.Path = c.path
			r.Header.Set("Authorization", c.header)
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			require.Equal(t, c.code, w.Code)
		})
	}
}
