package page_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/page"
)

const dir = "/page/"

func handler(t testing.TB) http.Handler {
	t.Helper()
	h, err := page.New()
	require.NoError(t, err)
	return h
}

func ask(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// sources are the page's own files by name, without those of uPlot.
func sources(t testing.TB) map[string]string {
	t.Helper()
	names, err := filepath.Glob("static/*")
	require.NoError(t, err)
	all := make(map[string]string)
	for _, name := range names {
		if strings.Contains(name, "uPlot") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		all[filepath.Base(name)] = string(text)
	}
	require.NotEmpty(t, all)
	return all
}

func TestPageMayRunNothingButItsOwn(t *testing.T) {
	t.Parallel()
	h := handler(t)
	for _, path := range []string{"/", dir + "app.js", dir + "page.css", dir + "icon.svg"} {
		w := ask(h, http.MethodGet, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		head := w.Header()
		policy := head.Get("Content-Security-Policy")
		for _, rule := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
			"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		} {
			require.Contains(t, strings.Split(policy, "; "), rule, path)
		}
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", head.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", head.Get("Referrer-Policy"))
		require.NotEmpty(t, head.Get("Content-Type"))
	}
}

func TestPageIsAskedForAnewAndSentOnce(t *testing.T) {
	t.Parallel()
	h := handler(t)
	for _, encoding := range []string{"identity", "gzip"} {
		w := ask(h, http.MethodGet, "/", "Accept-Encoding", encoding)
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
		require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
		tag := w.Header().Get("ETag")
		require.NotEmpty(t, tag)
		again := ask(h, http.MethodGet, "/", "Accept-Encoding", encoding, "If-None-Match", tag)
		require.Equal(t, http.StatusNotModified, again.Code)
		require.Zero(t, again.Body.Len())
		require.NotEmpty(t, again.Header().Get("Content-Security-Policy"))
	}
}

func TestPageIsCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	h := handler(t)
	plain := ask(h, http.MethodGet, dir+"app.js")
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	for _, accept := range []string{"gzip", "br;q=1, GZIP;q=0.8"} {
		small := ask(h, http.MethodGet, dir+"app.js", "Accept-Encoding", accept)
		require.Equal(t, "gzip", small.Header().Get("Content-Encoding"))
		require.NotEqual(t, plain.Header().Get("ETag"), small.Header().Get("ETag"))
		unpacked, err := gzip.NewReader(small.Body)
		require.NoError(t, err)
		body, err := io.ReadAll(unpacked)
		require.NoError(t, err)
		require.Equal(t, plain.Body.String(), string(body))
	}
	require.Empty(t, ask(h, http.MethodGet, dir+"app.js", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"))
}

func TestPageRefusesWhatItHasNot(t *testing.T) {
	t.Parallel()
	h := handler(t)
	for _, path := range []string{"/index.html", "/page/", "/page/../page.go", "/page/index.html", "/page/none.js", "/api/status"} {
		require.Equal(t, http.StatusNotFound, ask(h, http.MethodGet, path).Code, path)
	}
	require.Equal(t, http.StatusMethodNotAllowed, ask(h, http.MethodPost, "/").Code)
	head := ask(h, http.MethodHead, "/")
	require.Equal(t, http.StatusOK, head.Code)
	require.Zero(t, head.Body.Len())
}

var (
	inDocument = regexp.MustCompile(`(?:src|href)="([^"#]+)"`)
	inModule   = regexp.MustCompile(`(?m)^import .*'([^']+)';$`)
)

// A host may mount the page below any prefix, so no address begins with a slash or names a host.
func TestPageNamesOnlyWhatThereIsByRelativeAddresses(t *testing.T) {
	t.Parallel()
	h := handler(t)
	prefixed := http.StripPrefix("/ops", h)
	all := sources(t)
	check := func(from, address string) {
		require.NotRegexp(t, `^(/|[a-z]+:)`, address, "%s names %s", from, address)
		path := "/" + address
		if strings.HasPrefix(address, "./") {
			path = dir + strings.TrimPrefix(address, "./")
		}
		if strings.HasPrefix(path, "/api/") || path == "/plain" {
			return
		}
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, path).Code, "%s names %s", from, address)
		require.Equal(t, http.StatusOK, ask(prefixed, http.MethodGet, "/ops"+path).Code, "%s names %s", from, address)
	}
	found := 0
	for _, m := range inDocument.FindAllStringSubmatch(all["index.html"], -1) {
		check("index.html", m[1])
		found++
	}
	require.Positive(t, found)
	for name, text := range all {
		if filepath.Ext(name) != ".js" {
			continue
		}
		for _, m := range inModule.FindAllStringSubmatch(text, -1) {
			check(name, m[1])
			found++
		}
		require.NotRegexp(t, `['"\x60](/api|/page|https?:)`, text, name)
	}
	require.Greater(t, found, 20)
}

// Text of others reaches the document as text alone. What could make markup or code of it is in none of the sources.
func TestPageMakesNoMarkupOfText(t *testing.T) {
	t.Parallel()
	banned := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|` +
		`createContextualFragment|srcdoc|setHTML|javascript:|\.on[a-z]+ ?= ?|setTimeout\(['"]`)
	inline := regexp.MustCompile(`(?i)\sstyle=|<style|\son[a-z]+=|<script>|<iframe|<object|<base`)
	for name, text := range sources(t) {
		require.NotRegexp(t, banned, text, name)
		if filepath.Ext(name) == ".html" {
			require.NotRegexp(t, inline, text, name)
		}
	}
}

func TestPageStaysSmall(t *testing.T) {
	t.Parallel()
	total := 0
	for name, text := range sources(t) {
		var small bytes.Buffer
		w := gzip.NewWriter(&small)
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		total += small.Len()
		require.LessOrEqual(t, len(text), 24<<10, "%s is to be read by people", name)
	}
	require.Less(t, total, 60<<10, "of the page's own code, compressed")
	t.Logf("the page's own code is %d bytes compressed", total)
}

func TestPageKeepsTheLicenceOfWhatItBringsAlong(t *testing.T) {
	t.Parallel()
	w := ask(handler(t), http.MethodGet, dir+"uPlot.LICENSE.txt")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "Permission is hereby granted")
	require.Contains(t, ask(handler(t), http.MethodGet, dir+"uPlot.iife.min.js").Body.String(), "v1.6.32")
}
