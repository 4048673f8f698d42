package shoutrrr

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"strings"

	library "github.com/nicholas-fedor/shoutrrr/pkg/services/email/smtp"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// toMail sends mail to one address. The conversation is our own: that of the library waits for a server without an end, and
// takes a message that was delivered for one that was not where only the good-bye fails.
type toMail struct {
	cfg      *library.Config
	from, to mail.Address
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
}

func newMail(u *url.URL) (channel, error) {
	s := &library.Service{}
	err := s.Initialize(u, nil)
	switch {
	case errors.Is(err, library.ErrFromAddressMissing), errors.Is(err, library.ErrToAddressMissing):
		return nil, errors.New("it wants ?from=ADDRESS&to=ADDRESS")
	case err != nil:
		return nil, errors.New("one of its parameters is not as it should be: auth is None, Plain, CRAMMD5 or OAuth2; " +
			"encryption is None, ExplicitTLS, ImplicitTLS or Auto; starttls and skiptlsverify are yes or no")
	case u.Hostname() == "":
		return nil, errors.New("it names no server")
	case len(s.Config.ToAddresses) != 1:
		return nil, errors.New("it names more than one address: each has a URL of its own, so that none waits for another")
	}
	s.Config.FixEmailTags()
	m := toMail{cfg: s.Config, dial: (&net.Dialer{}).DialContext}
	for _, one := range []struct {
		name, text string
		address    *mail.Address
	}{{"from", s.Config.FromAddress, &m.from}, {"to", s.Config.ToAddresses[0], &m.to}} {
		parsed, err := mail.ParseAddress(one.text)
		if err != nil {
			return nil, fmt.Errorf("its %s is no address such as ann@example.net", one.name)
		}
		*one.address = *parsed
	}
	m.from.Name = s.Config.FromName
	return m, nil
}

func (m toMail) host() string { return m.cfg.Host }

// send makes one conversation, which ends with ctx.
func (m toMail) send(ctx context.Context, n *Notifier, message notify.Message) error {
	conn, err := m.dial(ctx, "tcp", net.JoinHostPort(m.cfg.Host, strconv.Itoa(int(m.cfg.Port))))
	if err != nil {
		return fmt.Errorf("not reached: %w", err)
	}
	defer conn.Close()                                          //nolint:errcheck // what matters was answered
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends whatever it waits for
	defer stop()
	err = m.exchange(conn, mailOf(m, message, n.clk.Now()))
	if broken := ctx.Err(); err != nil && broken != nil {
		return fmt.Errorf("it did not answer in time: %w", broken)
	}
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code >= 500 {
		return &refusal{err.Error()}
	}
	return err
}

// exchange has a server take a letter.
func (m toMail) exchange(conn net.Conn, letter []byte) error {
	secure := &tls.Config{
		ServerName: m.cfg.Host, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: m.cfg.SkipTLSVerify, //nolint:gosec // the operator's word, in the URL
	}
	implicit := m.cfg.Encryption == library.EncImplicitTLS ||
		m.cfg.Encryption == library.EncAuto && m.cfg.Port == library.ImplicitTLSPort
	if implicit {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, m.cfg.Host)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if err := c.Hello(m.clientHost()); err != nil {
		return fmt.Errorf("hello: %w", err)
	}
	if !implicit {
		if err := m.startTLS(c, secure); err != nil {
			return err
		}
	}
	if err := m.logIn(c); err != nil {
		return err
	}
	if err := m.deliver(c, letter); err != nil {
		return err
	}
	_, _ = c.Text.Cmd("QUIT") // It is delivered, whatever comes of that.
	return nil
}

func (m toMail) clientHost() string {
	if m.cfg.ClientHost == "auto" {
		if name, err := os.Hostname(); err == nil {
			return name
		}
		return "localhost"
	}
	return m.cfg.ClientHost
}

// startTLS makes the conversation one that nobody else reads, unless the URL says that it need not be.
func (m toMail) startTLS(c *smtp.Client, secure *tls.Config) error {
	if !m.cfg.UseStartTLS || m.cfg.Encryption == library.EncNone {
		return nil
	}
	if can, _ := c.Extension("STARTTLS"); !can {
		if isLocal(m.cfg.Host) && !m.cfg.RequireStartTLS {
			return nil
		}
		return &refusal{"it offers no STARTTLS, so that anybody on the way could read: starttls=no in the URL allows that"}
	}
	if err := c.StartTLS(secure); err != nil {
		return fmt.Errorf("STARTTLS: %w", err)
	}
	return nil
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// logIn shows a password to nobody but the server.
func (m toMail) logIn(c *smtp.Client) error {
	var auth smtp.Auth
	switch m.cfg.Auth {
	case library.AuthPlain:
		auth = smtp.PlainAuth("", m.cfg.Username, m.cfg.Password, m.cfg.Host)
	case library.AuthCRAMMD5:
		auth = smtp.CRAMMD5Auth(m.cfg.Username, m.cfg.Password)
	case library.AuthOAuth2:
		auth = library.OAuth2Auth(m.cfg.Username, m.cfg.Password)
	default:
		return nil
	}
	if _, encrypted := c.TLSConnectionState(); !encrypted && !isLocal(m.cfg.Host) {
		return &refusal{"a password is not sent without TLS"}
	}
	if err := c.Auth(auth); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return nil
}

func (m toMail) deliver(c *smtp.Client, letter []byte) error {
	if err := c.Mail(m.from.Address); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	if err := c.Rcpt(m.to.Address); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	w, err := c.Data()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if _, err := w.Write(letter); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}

// oneLine is a text that cannot begin another header.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
