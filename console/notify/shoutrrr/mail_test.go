package shoutrrr_test

import (
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr"
)

const (
	mailURL  = "smtp://ann:hunter2%2Fs3cr3t@mail.example.net:587/?from=trader@example.net&to=ann@example.net&fromname=Vigil"
	plainURL = "smtp://mail.example.net:25/?from=trader@example.net&to=ann%2Bbot@example.net&starttls=no"
)

// certified is a server's TLS that nobody knows.
func certified(t *testing.T) *tls.Config {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return s.TLS.Clone()
}

func TestMailIsALetterThatAPersonReads(t *testing.T) {
	t.Parallel()
	o := &office{}
	n := toOffice(t, plainURL, o)
	m := notify.Message{
		ID: "one", Title: "PAPER b\u00f6rse: Nothing new is opened\r\nBcc: evil@example.net", Urgent: true,
		Body: "trading is halted: " + strings.Repeat("long ", 100) + "\n.\nTo do: rearm = 4711",
	}
	require.NoError(t, n.Notify(t.Context(), m))
	require.NoError(t, n.Notify(t.Context(), m))
	m.Repeats = 1
	require.NoError(t, n.Notify(t.Context(), m))
	letters := o.got()
	require.Len(t, letters, 3)
	var ids []string
	for _, text := range letters {
		letter, err := mail.ReadMessage(strings.NewReader(text))
		require.NoError(t, err)
		ids = append(ids, letter.Header.Get("Message-ID"))
		subject, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
		require.NoError(t, err)
		require.Equal(t, "PAPER b\u00f6rse: Nothing new is opened Bcc: evil@example.net", subject)
		require.Empty(t, letter.Header.Get("Bcc"))
		require.Equal(t, "<ann+bot@example.net>", letter.Header.Get("To"))
		require.Equal(t, "auto-generated", letter.Header.Get("Auto-Submitted"))
		require.Equal(t, "high", letter.Header.Get("Importance"))
		_, err = letter.Header.Date()
		require.NoError(t, err)
		body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
		require.NoError(t, err)
		require.Contains(t, string(body), "To do: rearm = 4711")
		for line := range strings.SplitSeq(text, "\r\n") {
			require.LessOrEqual(t, len(line), 100)
		}
	}
	require.Equal(t, ids[0], ids[1], "a mailbox can know it again")
	require.NotEqual(t, ids[0], ids[2])
}

// mailTroubles are what servers say before they take a letter, and how long that takes.
var mailTroubles = map[string]func(n int, verb string) string{
	"away":              func(_ int, verb string) string { return map[string]string{"greeting": "421 later"}[verb] },
	"closes":            func(_ int, verb string) string { return map[string]string{"greeting": shut}[verb] },
	"never greets":      func(_ int, verb string) string { return map[string]string{"greeting": hang}[verb] },
	"never says hello":  func(_ int, verb string) string { return map[string]string{"EHLO": hang}[verb] },
	"greylists":         func(_ int, verb string) string { return map[string]string{"RCPT": "450 greylisted"}[verb] },
	"hangs at the data": func(_ int, verb string) string { return map[string]string{"DATA": hang}[verb] },
	"takes no letter":   func(_ int, verb string) string { return map[string]string{"letter": "451 disk full"}[verb] },
	"closes at the end": func(_ int, verb string) string { return map[string]string{"letter": shut}[verb] },
	"hangs at the end":  func(_ int, verb string) string { return map[string]string{"letter": hang}[verb] },
}

func TestMailOutlivesTheTroublesOfServers(t *testing.T) {
	t.Parallel()
	for name, trouble := range mailTroubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &office{trouble: func(n int, verb string) string {
				if n%3 != 0 {
					return trouble(n, verb)
				}
				return ""
			}}
			queued(t, func(t *testing.T) notify.Notifier { return toOffice(t, plainURL, o) },
				func(t *testing.T, q *notify.Service, log *lines) {
					for _, m := range aDay() {
						q.Post(m)
					}
					time.Sleep(time.Hour)
					requireEachOnce(t, o.got())
					require.False(t, q.Status().Hangs)
					require.Equal(t, len(aDay()), strings.Count(log.String(), "Messages are sent again"))
				})
		})
	}
}

// A letter that was taken is not sent again because the good-bye fails, and nobody waits for that.
func TestMailThatWasTakenIsSentOnce(t *testing.T) {
	t.Parallel()
	for _, bye := range []string{hang, shut, "500 what?", "421 no"} {
		synctest.Test(t, func(t *testing.T) {
			o := &office{trouble: func(_ int, verb string) string { return map[string]string{"QUIT": bye}[verb] }}
			began := time.Now()
			require.NoError(t, toOffice(t, plainURL, o).Notify(t.Context(), notify.Message{Title: "t", Body: "b"}))
			require.Equal(t, began, time.Now())
			require.Len(t, o.got(), 1)
			o.open.Wait()
		})
	}
}

func TestMailIsRefusedWhereTheServerWillNeverTakeIt(t *testing.T) {
	t.Parallel()
	for verb, said := range map[string]string{
		"greeting": "554 go away", "MAIL": "550 no such sender", "RCPT": "550 no such user", "letter": "552 too big",
	} {
		o := &office{trouble: func(_ int, asked string) string { return map[string]string{verb: said}[asked] }}
		err := toOffice(t, plainURL, o).Notify(t.Context(), notify.Message{Title: "t", Body: "b"})
		require.ErrorIs(t, err, notify.ErrRefused)
		require.ErrorContains(t, err, said[4:])
		require.ErrorContains(t, err, "smtp://mail.example.net: ")
	}
}

// A password goes to nobody but a server that has shown who it is, and in no error.
func TestMailKeepsItsPassword(t *testing.T) {
	t.Parallel()
	message := notify.Message{Title: "t", Body: "b"}
	heard := func(o *office) string {
		o.open.Wait()
		return strings.Join(o.heard, "\n")
	}

	naked := &office{offers: []string{"AUTH PLAIN"}}
	err := toOffice(t, mailURL, naked).Notify(t.Context(), message)
	require.ErrorIs(t, err, notify.ErrRefused)
	require.ErrorContains(t, err, "starttls=no in the URL")
	require.NotContains(t, heard(naked), "AUTH")

	naked = &office{offers: []string{"AUTH PLAIN"}}
	err = toOffice(t, mailURL+"&starttls=no", naked).Notify(t.Context(), message)
	require.ErrorContains(t, err, "a password is not sent without TLS")
	require.NotContains(t, heard(naked), "AUTH")

	stranger := &office{offers: []string{"STARTTLS", "AUTH PLAIN"}, tls: certified(t)}
	err = toOffice(t, mailURL, stranger).Notify(t.Context(), message)
	require.ErrorContains(t, err, "certificate")
	require.NotContains(t, heard(stranger), "AUTH")

	known := &office{offers: []string{"STARTTLS", "AUTH PLAIN"}, tls: certified(t)}
	require.NoError(t, toOffice(t, mailURL+"&skiptlsverify=yes", known).Notify(t.Context(), message))
	require.Contains(t, heard(known), "AUTH PLAIN")
	require.Len(t, known.got(), 1)

	for _, said := range []string{"535 no: hunter2/s3cr3t", "454 AGFubgBodW50ZXIyL3MzY3IzdA== later"} {
		mean := &office{offers: []string{"STARTTLS", "AUTH PLAIN"}, tls: certified(t),
			trouble: func(_ int, verb string) string { return map[string]string{"AUTH": said}[verb] }}
		err = toOffice(t, mailURL+"&skiptlsverify=yes", mean).Notify(t.Context(), message)
		require.ErrorContains(t, err, "login")
		require.Equal(t, strings.HasPrefix(said, "5"), errors.Is(err, notify.ErrRefused))
		requireNoSecret(t, err.Error())
		require.NotContains(t, err.Error(), "AGFubgBodW50")
	}
}

// Mail over a port, as it goes in the world.
func TestMailOverARealConnection(t *testing.T) {
	t.Parallel()
	o := &office{}
	port := o.listen(t)
	for _, query := range []string{"", "&encryption=None", "&clienthost=auto"} {
		n, err := shoutrrr.New(shoutrrr.Config{URL: "smtp://127.0.0.1:" + port + "/?from=a@b.c&to=d@e.f" + query})
		require.NoError(t, err)
		require.NoError(t, n.Notify(t.Context(), notify.Message{Title: "t", Body: "halted"}))
	}
	require.Len(t, o.got(), 3)
	require.True(t, slices.ContainsFunc(o.got(), func(s string) bool { return strings.Contains(s, "halted") }))
}
