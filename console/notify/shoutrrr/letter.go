package shoutrrr

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// mailOf is a message as it goes over the wire: plain text, of a kind that no answering machine answers. The same message
// has the same Message-ID however often it is sent, by which a mailbox may know it again.
func mailOf(m toMail, message notify.Message, now time.Time) []byte {
	id := sha256.Sum256([]byte(message.ID + " " + strconv.Itoa(message.Repeats)))
	_, domain, _ := strings.Cut(m.from.Address, "@")
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", m.from.String())
	header("To", m.to.String())
	header("Subject", mime.QEncoding.Encode("utf-8", oneLine(message.Title)))
	header("Date", now.Format(time.RFC1123Z))
	header("Message-ID", "<"+hex.EncodeToString(id[:16])+"@"+domain+">")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	header("Auto-Submitted", "auto-generated")
	if message.Urgent {
		header("Importance", "high")
	}
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	_, _ = body.Write([]byte(cut(message.Body, maxMail) + "\n")) // a buffer takes everything
	_ = body.Close()
	return b.Bytes()
}

// maxMail is far more than a Body has.
const maxMail = 64 << 10
