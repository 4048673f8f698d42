package candle

import (
	"bytes"
	"slices"
)

// layouts are the orders in which exchanges answer the five numbers of a bar behind its time, as columns.at has them.
// The first is everybody's but those that are named.
var layouts = [][len(columnNames)]int{
	{0, 1, 2, 3, 4, 5},
	{0, 3, 2, 1, 4, 5}, // Coinbase: low, high, open, close
	{0, 1, 3, 4, 2, 5}, // Bitfinex, KuCoin: open, close, high, low
}

// Kraken's rows have the mean price where others have the volume, which is the one behind it.
const krakenFields, krakenMean, krakenVolume = 8, 5, 6

// tellColumns reads rows until they leave one layout only: the high and the low of a row bound its other prices. Where
// they leave none, or more than one and not everybody's, the rows are taken as everybody's, and what is wrong with
// them is said of each.
func (j *jsonRows) tellColumns() {
	alive := slices.Clone(layouts)
	kraken, seen := true, false
	for len(j.ahead) < rowsAhead {
		text, err := j.read()
		j.ahead = append(j.ahead, jsonRow{text, j.in.lineOf(j.begin), err})
		if err != nil {
			break
		}
		row, ok := numbers(text)
		if !ok {
			continue
		}
		kraken, seen = kraken && isKraken(row), true
		alive = slices.DeleteFunc(alive, func(at [len(columnNames)]int) bool { return !bounds(row, at) })
		if len(alive) == 0 || len(alive) == 1 && alive[0] == layouts[0] && !kraken {
			break
		}
	}
	if len(alive) == 1 {
		j.table.at = alive[0]
	}
	if seen && kraken && j.table.at == layouts[0] {
		j.table.at[len(columnNames)-1] = krakenVolume
	}
}

// numbers are the fields of a row that is a list; whatever is no number, such as the time, is zero.
func numbers(text []byte) ([]float64, bool) {
	if len(text) < 2 || text[0] != '[' {
		return nil, false
	}
	fields, err := split(text[1:len(text)-1], nil)
	if err != nil || len(fields) < len(columnNames) || bytes.ContainsAny(text[1:len(text)-1], "[{") {
		return nil, false
	}
	row := make([]float64, len(fields))
	for i, field := range fields {
		row[i], _ = number(field)
	}
	return row, true
}

// bounds reports whether high and low bound the row's prices, where the layout has them.
func bounds(row []float64, at [len(columnNames)]int) bool {
	open, high, low, closing := row[at[1]], row[at[2]], row[at[3]], row[at[4]]
	return low > 0 && low <= min(open, closing) && high >= max(open, closing)
}

// isKraken reports whether a row of eight has its mean price between its low and its high, or nothing was traded.
func isKraken(row []float64) bool {
	if len(row) != krakenFields {
		return false
	}
	mean := row[krakenMean]
	return row[3] <= mean && mean <= row[2] || mean == 0 && row[krakenVolume] == 0
}
