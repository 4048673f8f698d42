package serve

import (
	"context"
	"net/http"
)

// Inner returns the server with its limits, for a listener without a network.
func (s *Server) Inner() *http.Server { return s.server(context.Background()) }
