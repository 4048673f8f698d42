package measure

import (
	"bytes"
	"go/scanner"
	"go/token"
)

// Lines counts what stands in the lines of source text.
type Lines struct {
	Code         int // lines with code in them
	Comment      int // lines with a comment in them, those with code too
	Text         int // lines with anything in them
	CommentBytes int
	Bytes        int // of everything but the white space at the edges of lines
}

// countLines counts the lines of all test files, or of all others.
func (t *Tree) countLines(test bool) Lines {
	var sum Lines
	t.each(test, func(f source) {
		l := countLines(f.text)
		sum.Code += l.Code
		sum.Comment += l.Comment
		sum.Text += l.Text
		sum.CommentBytes += l.CommentBytes
		sum.Bytes += l.Bytes
	})
	return sum
}

// What a line holds.
const (
	comment = 1 << iota
	code
)

func countLines(text []byte) Lines {
	holds := make(map[int]int) // by line
	var l Lines
	eachToken(text, func(line int, tok token.Token, literal string) {
		what := code
		if tok == token.COMMENT {
			what = comment
		}
		for _, part := range bytes.Split([]byte(literal), []byte("\n")) {
			trimmed := bytes.TrimSpace(part)
			if len(trimmed) > 0 || literal == "" {
				holds[line] |= what
			}
			if what == comment {
				l.CommentBytes += len(trimmed)
			}
			line++
		}
	})
	for line := range bytes.Lines(text) {
		l.Bytes += len(bytes.TrimSpace(line))
	}
	l.Text = len(holds)
	for _, what := range holds {
		l.Code += what & code / code
		l.Comment += what & comment / comment
	}
	return l
}

// eachToken calls see for each token with the line on which it begins. An operator has no literal, and that of a
// semicolon which the scanner put in is a line break.
func eachToken(text []byte, see func(line int, tok token.Token, literal string)) {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, scanner.ScanComments)
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return
		}
		see(file.Line(pos), tok, literal)
	}
}
