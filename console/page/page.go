// Package page is the operator's page: files that a browser runs as they are, embedded, and the handler that serves them.
//
// There is no build step. The files are plain ES modules, one style sheet, one document, and uPlot for charts, whose licence
// stands beside it. All addresses in them are relative, so that a host can serve the page below any prefix together with
// the API that it asks. They hold no data and no secret: whoever may load them may not read or do anything by that.
//
// The page runs nothing that does not come from its own origin, and shows what others have written only as text: each
// answer carries a Content-Security-Policy that allows no inline script, no inline style and no frame around it. The
// handler needs no memory beyond the files and is safe for concurrent use.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

//go:embed static
var static embed.FS

// policy is what a browser may do with the page. A frame around it would let another page make people click.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// dir is the folder of all files but the document, below the page's own address.
const dir = "/page/"

// kinds are the types of the files that there are.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
}

// file is one file as it is sent.
type file struct {
	kind, tag   string
	body, small []byte // small is body by gzip
}

var files = sync.OnceValues(load)

// load reads all files. They are part of the program, so an error is a mistake of whoever built it.
func load() (map[string]*file, error) {
	all := make(map[string]*file)
	err := fs.WalkDir(static, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := static.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		one := &file{kind: kinds[path.Ext(name)], tag: base64.RawURLEncoding.EncodeToString(sum[:12]), body: body}
		if one.small, err = compressed(body); err != nil {
			return err
		}
		at := dir + path.Base(name)
		if path.Base(name) == "index.html" {
			at = "/"
		}
		all[at] = one
		return nil
	})
	return all, err
}

func compressed(body []byte) ([]byte, error) {
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	return small.Bytes(), err
}

// New returns the handler of the page: the document at / and its files below /page/.
func New() (http.Handler, error) {
	all, err := files()
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one, ok := all[r.URL.Path]
		switch {
		case !ok:
			answer.Refuse(w, r, answer.Problem{Status: http.StatusNotFound, Detail: "the page has no such file"})
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			answer.OnlyRead(w, r)
		default:
			one.serve(w, r)
		}
	}), nil
}

// serve sends the file. A browser keeps it and asks each time whether it is still the same, so that nobody acts on a page
// of yesterday's program.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	body, tag := f.body, `"`+f.tag+`"`
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	if len(f.small) < len(f.body) && acceptsGzip(r) {
		body, tag = f.small, `"`+f.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	answer.SetHeaders(w, f.kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("ETag", tag)
	h.Set("Referrer-Policy", "no-referrer")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func acceptsGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
		if strings.EqualFold(name, "gzip") && strings.TrimSpace(weight) != "q=0" {
			return true
		}
	}
	return false
}
