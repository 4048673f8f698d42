package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
)

// logHandler writes for a person where the log goes to a terminal, and otherwise for grep and its kin, unless the
// configuration says how.
func (c *config) logHandler(stderr io.Writer, lookup func(string) (string, bool)) slog.Handler {
	options := &slog.HandlerOptions{Level: c.logLevel}
	file, ok := stderr.(*os.File)
	switch {
	case c.logFormat == jsonLog:
		return slog.NewJSONHandler(stderr, options)
	case c.logFormat == textLog, !ok, !isatty.IsTerminal(file.Fd()):
		return slog.NewTextHandler(stderr, options)
	}
	return terminalHandler(stderr, c.logLevel, lookup)
}

// terminalHandler writes for a person: in colour unless NO_COLOR is set (https://no-color.org), with a stack in one
// phrase, and with nothing that the terminal would obey.
func terminalHandler(w io.Writer, level slog.Leveler, lookup func(string) (string, bool)) slog.Handler {
	return tint.NewTextHandler(w, &tint.Options{
		Level:      level,
		TimeFormat: time.TimeOnly, NoColor: wantsNoColor(lookup), ReplaceAttr: forTerminal,
	})
}

func wantsNoColor(lookup func(string) (string, bool)) bool {
	value, _ := lookup("NO_COLOR")
	return value != ""
}

// forTerminal folds stacks, and escapes in texts what a terminal would obey. They come from files, venues and databases.
func forTerminal(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		text := a.Value.String()
		if a.Key == "stack" {
			text = folded(text)
		}
		return slog.String(a.Key, harmless(text))
	case slog.KindAny:
		if _, isLevel := a.Value.Any().(slog.Level); isLevel {
			return a
		}
		return slog.String(a.Key, harmless(fmt.Sprint(a.Value.Any())))
	default: // Numbers, times and the like are harmless.
		return a
	}
}

// harmless escapes what is no letter, digit, sign or blank, such as a terminal's escape sequences and line ends.
func harmless(text string) string {
	if strings.IndexFunc(text, obeyed) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !obeyed(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func obeyed(r rune) bool { return !unicode.IsPrint(r) }

// harmlessWriter escapes what a terminal would obey, but for the ends of lines, in what is written to w.
type harmlessWriter struct{ w io.Writer }

func (h harmlessWriter) Write(p []byte) (int, error) {
	lines := strings.Split(string(p), "\n")
	for i, line := range lines {
		cells := strings.Split(line, "\t")
		for j, cell := range cells {
			cells[j] = harmless(cell)
		}
		lines[i] = strings.Join(cells, "\t")
	}
	if _, err := io.WriteString(h.w, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// folded is a stack in one phrase: where it happened, and how many frames there are.
func folded(stack string) string {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	where, frames, panicked := "", 0, false
	for i, line := range lines {
		if strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "goroutine ") || i+1 >= len(lines) {
			continue
		}
		frames++
		switch name, _, _ := strings.Cut(line, "("); {
		case name == "panic":
			where, panicked = "", true // what called it comes next
		case where == "" && (panicked || !strings.HasPrefix(line, "runtime")):
			file, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
			where = line[:max(strings.LastIndex(line, "("), 0)] + " " + file[strings.LastIndex(file, "/")+1:]
		}
	}
	if where == "" {
		return stack
	}
	return fmt.Sprintf("%s (of %d frames; a log that is no terminal has them all)", where, frames)
}
