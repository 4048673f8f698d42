package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
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

// What is logged can be clicked on.
func TestPageIsWhereThePortListens(t *testing.T) {
	t.Parallel()
	for address, page := range map[string]string{
		"127.0.0.1:8000": "http://127.0.0.1:8000/", "0.0.0.0:80": "http://localhost:80/", "[::]:80": "http://localhost:80/",
		"[::1]:8000": "http://[::1]:8000/", ":8000": "http://localhost:8000/", "none": "",
	} {
		require.Equal(t, page, pageAt(address))
	}
	p := launch(t, "--paper", "--db", tempDB(t), "--listen", "127.0.0.1:0", "--duration", "1s")
	said := p.await(`msg="API listening" address=(\S+) page=(\S+)`)
	require.Equal(t, "http://"+said[1]+"/", said[2])
	require.Equal(t, exitOK, p.end())
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

// As of ssh's keys: who can read the file can act.
func TestSecretInAFileThatOthersReadIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(strongToken), 0o600))
	for mode, open := range map[os.FileMode]bool{
		0o644: true, 0o640: true, 0o620: true, 0o604: true, 0o600: false, 0o400: false,
	} {
		require.NoError(t, os.Chmod(file, mode))
		env := environ(tokenVariable+fileSuffix, file)
		_, err := parseConfig([]string{"--paper"}, env)
		code, _, log := ctl([]string{tokenVariable + fileSuffix, file}, "status", "--url", "http://127.0.0.1:1")
		if !open {
			require.NoError(t, err, mode)
			require.Contains(t, log, "nobody answers", mode)
			continue
		}
		require.ErrorContains(t, err, tokenVariable+fileSuffix+": "+file+" is open to others (mode 0"+
			strconv.FormatUint(uint64(mode), 8)+"): chmod 600 "+file)
		require.Equal(t, exitUsage, code)
		require.Contains(t, log, "chmod 600 "+file)
	}
}

// Whoever reads over the network shows the token as well, but for the probes: an orchestrator has no secrets for them.
func TestTokenIsAskedForButByTheProbes(t *testing.T) {
	t.Parallel()
	p := launchFor(t, longWait, []string{tokenVariable + "=" + strongToken}, "--paper", "--db", tempDB(t),
		"--listen", "127.0.0.1:0", "--interval", "500ms")
	url := p.address()
	p.await(`msg="Generated signals"`) // there are bars, and it is well
	for name, c := range map[string]struct {
		path, header string
		code         int
	}{
		"no token":               {"/health", "", http.StatusUnauthorized},
		"another token":          {"/api/signals/latest", "Bearer " + strongToken + "0", http.StatusUnauthorized},
		"the token":              {"/health", "Bearer " + strongToken, http.StatusOK},
		"the token for events":   {"/api/events", "Bearer " + strongToken, http.StatusOK},
		"the token for days":     {"/api/performance", "Bearer " + strongToken, http.StatusOK},
		"the token for fills":    {"/api/fills", "Bearer " + strongToken, http.StatusOK},
		"the token for bars":     {"/api/bars?symbol=BTC/USDT:USDT", "Bearer " + strongToken, http.StatusOK},
		"the token for orders":   {"/api/orders", "Bearer " + strongToken, http.StatusOK},
		"the probe of life":      {"/livez", "", http.StatusOK},
		"a way to the probe":     {"/livez/../health", "", http.StatusNotFound},
		"the token and no word":  {"/health", strongToken, http.StatusUnauthorized},
		"the token in the query": {"/health?token=" + strongToken, "", http.StatusBadRequest},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+c.path, http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Authorization", c.header)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, c.code, response.StatusCode, name)
	}
}

func TestListenOnAPortThatIsTakenSaysTheWayOut(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	code, _, log := runWith(environ("LIVETRADER_SOCKET", off), "--paper", "--db", filepath.Join(t.TempDir(), "x.db"),
		"--listen", taken.Addr().String())
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, "address already in use: another program has it")
	require.Contains(t, log, "or name another --listen")
}

func TestSecretThatMayNotBeReadSaysTheWayOut(t *testing.T) {
	t.Parallel()
	denied := &os.PathError{Op: "open", Path: "key", Err: os.ErrPermission}
	require.EqualError(t, readable(denied), "open key: permission denied: it has to belong to the user that this runs as")
	require.ErrorIs(t, readable(denied), os.ErrPermission)
	gone := &os.PathError{Op: "stat", Path: "key", Err: os.ErrNotExist}
	require.Equal(t, gone, readable(gone))
}
