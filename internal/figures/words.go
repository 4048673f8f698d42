package main

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/figures/measure"
)

// glossary is the page that explains the words of ours.
const glossary = "docs/words.md"

// showWords prints how many words of our names are in no model, and where the page that explains them differs from them.
func showWords(out io.Writer, house fs.FS, ours measure.Column) error {
	text, err := fs.ReadFile(house, glossary)
	if err != nil {
		return err
	}
	explained := measure.Explained(string(text))
	fmt.Fprintf(out, "%d of the %d words in names are in no model: %s\n",
		len(ours.Own), len(ours.Words), measure.Percent(len(ours.Own), len(ours.Words)))
	show := func(what string, words []string) {
		if len(words) > 0 {
			fmt.Fprintf(out, "%s: %s\n", what, strings.Join(words, " "))
		}
	}
	own := make(map[string]bool)
	for _, word := range ours.Own {
		own[word] = true
	}
	show("not explained in "+glossary, without(own, explained))
	show("explained in "+glossary+", and in no name or in a model", without(explained, own))
	return nil
}

// without returns the words that others do not have, sorted.
func without(words, others map[string]bool) []string {
	left := maps.Clone(words)
	maps.DeleteFunc(left, func(word string, _ bool) bool { return others[word] })
	return slices.Sorted(maps.Keys(left))
}
