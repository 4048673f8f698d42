package console

import (
	_ "embed"
	"net/http"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// document is the API in OpenAPI 3.1.
//
//go:embed openapi.yaml
var document []byte

// openAPI answers GET /api/openapi.yaml.
func (a *api) openAPI(w http.ResponseWriter, r *http.Request) {
	if wrong := unasked(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	answer.Write(w, r, http.StatusOK, "application/yaml", document)
}
