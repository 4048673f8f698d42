package candle

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/seed-5dee1c0a/vigil/internal/printable"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// Prices says what the prices of a file are like: how fine they are tells the tick of its market.
type Prices struct {
	Bars     int // whose prices these are
	Decimals int // behind the point, without zeros at their end, of the price that has most
	Low      float64
	High     float64
}

// Scan reads what Open would open, from its beginning to its end, and returns what the prices are like, up to where it
// cannot be read: a Reader says why. What can be read only once, such as a pipe, it leaves alone and knows no price of.
// It ends early with ctx.
func Scan(ctx context.Context, path string, cfg Config) (Prices, error) {
	parts, err := findParts(path, new(opener))
	if err != nil || slices.ContainsFunc(parts, func(p part) bool { return p.once }) {
		return Prices{}, printable.Error(err)
	}
	cfg.Policy = Skip
	c, err := OpenContext(ctx, path, cfg)
	if err != nil {
		return Prices{}, err
	}
	const checkInterval = 1 << 12 // bars between two looks at ctx
	for n := 1; err == nil && (n%checkInterval != 0 || ctx.Err() == nil); n++ {
		_, err = c.Next()
	}
	return c.Prices(), cmp.Or(c.Close(), ctx.Err())
}

// Prices says what the prices are like that were read: a few more than Next has returned.
func (c *Reader) Prices() Prices {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen()
}

func (c *Reader) seen() Prices {
	p := c.prices
	if c.now != nil {
		p.add(c.now.rows.look().prices.Prices)
	}
	return p
}

func (p *Prices) add(q Prices) {
	switch {
	case p.Bars == 0:
		*p = q
	case q.Bars > 0:
		*p = Prices{p.Bars + q.Bars, max(p.Decimals, q.Decimals), min(p.Low, q.Low), max(p.High, q.High)}
	}
}

// priceDigits is how many digits of a price count. More come from arithmetic and not from a market:
// 130.07999801635742 is a float32 that was printed.
const priceDigits = 10

// A price is taken for fixed-point when no price has a point, all are above fixedFrom, and all are multiples of fixedUnit:
// 1.22024 x 10^9 is. No market that counts in whole units has a tick of that size at such a price.
const (
	fixedFrom  = 1e8
	fixedUnit  = 1e4
	fixedCount = 6 // different prices that tell, so that it is no accident
)

// prices looks at the prices as they are read.
type prices struct {
	Prices
	scale   float64 // as Config.PriceScale
	isFloat bool    // not fixed-point
	last    float64
	changes int // from one price to another
}

// take counts the prices of a bar, which it scales, and refuses those that are fixed-point numbers.
func (p *prices) take(b *signal.Bar, texts *[len(columnNames)][]byte) error {
	for i, price := range []*float64{&b.Open, &b.High, &b.Low, &b.Close} {
		if err := p.fixed(*price); err != nil {
			return err
		}
		text := texts[i+1]
		if p.scale > 0 && p.scale != 1 {
			*price /= p.scale
			text = nil
		}
		p.Decimals = max(p.Decimals, decimals(text, *price, p.Decimals))
	}
	if p.Bars == 0 {
		p.Low, p.High = b.Low, b.High
	}
	p.Low, p.High = min(p.Low, b.Low), max(p.High, b.High)
	p.Bars++
	return nil
}

// fixed is the end of a file of fixed-point prices. A price of one is not told from a price in a small unit, such as that
// of a bitcoin in rupiah, but by the many zeros at its end.
func (p *prices) fixed(price float64) error {
	if p.isFloat || p.scale > 0 {
		return nil
	}
	if p.isFloat = price < fixedFrom || math.Mod(price, fixedUnit) != 0; p.isFloat {
		return nil
	}
	if price != p.last {
		p.changes++
		p.last = price
	}
	if p.changes < fixedCount {
		return nil
	}
	return &scaleError{price}
}

// scaleError ends a file whose prices are fixed-point numbers.
type scaleError struct{ price float64 }

func (e *scaleError) Error() string {
	return fmt.Sprintf("the prices look like fixed-point numbers: %.0f is %v x 10^9; say what to divide them by (PriceScale), "+
		"or 1 to take them as they are", e.price, e.price/1e9)
}

// decimals is how many decimals a price has; most prices have no more than those before, which takes no counting.
func decimals(text []byte, price float64, known int) int {
	point := -1
	for i, c := range text {
		switch c {
		case '.':
			point = i
		case 'e', 'E':
			text = nil
		}
	}
	if text == nil {
		text = strconv.AppendFloat(make([]byte, 0, 32), price, 'f', -1, 64)
		return decimals(text, price, known)
	}
	end := len(text)
	for point >= 0 && end > point+1 && text[end-1] == '0' {
		end--
	}
	n := end - point - 1
	if point < 0 || n <= known || !(price > 0) {
		return 0
	}
	return max(0, min(n, priceDigits-1-int(math.Floor(math.Log10(price)))))
}
