package main

import "slices"

// nearest is the candidate that takes the fewest letters to be changed, where those are few; "" if there is none.
func nearest(text string, candidates []string) string {
	best, fewest := "", 1+max(2, len(text)/4)
	slices.Sort(candidates)
	for _, c := range candidates {
		if d := distance(text, c); c != "" && d < fewest {
			best, fewest = c, d
		}
	}
	return best
}

// distance is how many letters must be put in, taken out or replaced to make b of a (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
