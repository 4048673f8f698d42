package shoutrrr_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// A server that answers with all that it was asked, in whatever way, makes no error that shows a token.
func TestErrorsShowNoSecretWhateverTheServerSays(t *testing.T) {
	t.Parallel()
	for service, url := range chats {
		for _, code := range []int{200, 301, 400, 401, 404, 429, 500} {
			s := &receiver{answer: func(_ int, r *http.Request) (*http.Response, error) {
				body, _ := io.ReadAll(r.Body)
				said := fmt.Sprintf(`{"ok":false,"error":"%s %s %s %s"}`, r.URL, r.Header, url, body)
				return answer(code, http.Header{"Location": {r.URL.String()}, "Retry-After": {r.URL.String()}}, said), nil
			}}
			if code == 200 && service == "discord" {
				continue // It needs no words to say yes.
			}
			err := to(t, url, s).Notify(t.Context(), notify.Message{Title: "t", Body: "b"})
			require.Error(t, err, "%s %d", service, code)
			for ; err != nil; err = errors.Unwrap(err) {
				requireNoSecret(t, err.Error(), fmt.Sprintf("%+v", err))
			}
		}
		s := &receiver{answer: func(_ int, r *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("dial %s: no route", r.URL)
		}}
		err := to(t, url, s).Notify(t.Context(), notify.Message{Title: "t", Body: "b"})
		require.ErrorContains(t, err, "no route")
		requireNoSecret(t, err.Error())
	}
}

// An answer that says no with a status of 200 is no success, whatever the library takes it for.
func TestAnswerThatOnlyLooksLikeAYesIsNone(t *testing.T) {
	t.Parallel()
	for service, bodies := range map[string][]string{
		"telegram":   {"", "<html>log in here</html>", `{"ok":false}`, `{"ok":"false"}`, `null`, `[]`},
		"slack hook": {"<html>log in here</html>", "invalid_token", "no_service"},
		"slack bot":  {"", "<html>", `{"ok":false,"error":"channel_not_found"}`, `{"ok":false,"error":"ratelimited"}`, `{}`},
	} {
		for _, body := range bodies {
			s := &receiver{answer: func(int, *http.Request) (*http.Response, error) { return answer(200, nil, body), nil }}
			err := to(t, chats[service], s).Notify(t.Context(), notify.Message{Title: "t", Body: "b"})
			require.Error(t, err, "%s %q", service, body)
			require.Equal(t, body != `{"ok":false,"error":"ratelimited"}` && service != "telegram",
				errors.Is(err, notify.ErrRefused), "%s %q %v", service, body, err)
		}
	}
}
