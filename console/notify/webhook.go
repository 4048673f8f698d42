package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/internal/hide"
)

// SignatureHeader is where a Webhook's request has its signature; see Verify.
const SignatureHeader = "Vigil-Signature"

// minSecret is how many bytes a secret has at least.
const minSecret = 16

// WebhookConfig configures a Webhook.
type WebhookConfig struct {
	URL    string       // http or https. Required. It is a secret for many services, and never logged
	Secret string       // signs the requests; empty for none, else at least 16 bytes
	Client *http.Client // nil means one of its own. Redirections are not followed
	Clock  health.Clock // nil means the machine's clock
}

// Webhook POSTs each message as JSON, in the shape of Message, to a URL. Its ID stands in the header Idempotency-Key
// besides. An answer of 2xx takes a message over; 408, 425, 429 and 5xx are tried again, when Retry-After says so; all
// others refuse it.
type Webhook struct {
	cfg     WebhookConfig
	host    string
	client  http.Client
	secrets hide.Secrets
}

// NewWebhook returns a Webhook.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	u, err := url.Parse(cfg.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("notify: WebhookConfig.URL is no http or https URL (it is a secret, and not shown)")
	case cfg.Secret != "" && len(cfg.Secret) < minSecret:
		return nil, fmt.Errorf("notify: WebhookConfig.Secret has %d bytes, and needs %d", len(cfg.Secret), minSecret)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	w := &Webhook{cfg: cfg, host: u.Host, secrets: hide.URL(cfg.URL, cfg.Secret)}
	if cfg.Client != nil {
		w.client = *cfg.Client
	}
	w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return w, nil
}

// Notify sends one message.
func (w *Webhook) Notify(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return w.hidden(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", m.ID)
	if w.cfg.Secret != "" {
		req.Header.Set(SignatureHeader, sign(w.cfg.Secret, w.cfg.Clock.Now(), body))
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return w.hidden(err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return w.judge(resp, string(said))
}

// maxAnswer is how much of an answer is read: enough to say why a message was refused.
const maxAnswer = 512

func (w *Webhook) judge(resp *http.Response, said string) error {
	status := resp.StatusCode
	if status >= 200 && status < 300 {
		return nil
	}
	err := fmt.Errorf("notify: webhook at %s answered %d %s", w.host, status, w.clean(said))
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		if after, ok := w.retryAfter(resp.Header.Get("Retry-After")); ok {
			return &RetryError{After: after, Err: err}
		}
		return err
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}

// retryAfter reads a number of seconds or a date.
func (w *Webhook) retryAfter(header string) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(w.cfg.Clock.Now())), true
	}
	return 0, false
}

// hidden is an error of the client without the URL.
func (w *Webhook) hidden(err error) error {
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return fmt.Errorf("notify: webhook at %s: %w", w.host, err)
}

// clean is what an answer says, without what must not be logged.
func (w *Webhook) clean(said string) string {
	return strconv.Quote(foreign.Cut(w.secrets.In(said), maxSaid))
}

const maxSaid = 200

// sign is "t=<seconds since 1970>,v1=<hex of HMAC-SHA256 over those seconds, a dot and the body>".
func sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(sum(secret, seconds, body))
}

func sum(secret, seconds string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Verify reports whether a header that a receiver found under SignatureHeader was made of body with secret, at most
// tolerance from now. It is not where the secret is shorter than those that sign: one that was never set is everybody's. A
// receiver that also drops an Idempotency-Key that it has had is safe from replays.
func Verify(secret, header string, body []byte, now time.Time, tolerance time.Duration) bool {
	seconds, signature, ok := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if len(secret) < minSecret || !ok || err != nil || now.Sub(time.Unix(at, 0)).Abs() > tolerance {
		return false
	}
	got, err := hex.DecodeString(signature)
	return err == nil && hmac.Equal(got, sum(secret, seconds, body))
}
