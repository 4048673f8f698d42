package paper

import "github.com/shopspring/decimal"

// supply is how much of an instrument there is to be had, where the policy bounds that. Broker.mu guards it.
type supply struct {
	volume  float64 // of the latest bar
	counted bool    // all below is made of it
	each    [4]decimal.Decimal
	left    decimal.Decimal // of the whole bar
	depth   decimal.Decimal // at the present price
}

// bar takes note of a bar. Most are never traded on, and their volume is not even counted.
func (s *supply) bar(volume float64) { s.volume, s.counted = volume, false }

// count spreads the volume over the four prices of the bar, in whole steps: a quarter each, and what is more over the first
// ones. The present price is the last.
func (m *market) count() {
	if m.counted {
		return
	}
	steps, _ := decimal.NewFromFloat(m.volume).QuoRem(m.Step, 0)
	quarter, over := steps.QuoRem(decimal.NewFromInt(4), 0)
	m.counted, m.left = true, steps.Mul(m.Step)
	for i := range m.each {
		m.each[i] = quarter.Mul(m.Step)
		if decimal.NewFromInt(int64(i)).LessThan(over) {
			m.each[i] = m.each[i].Add(m.Step)
		}
	}
	m.depth = m.each[len(m.each)-1]
}

// at comes to one of the four prices.
func (s *supply) at(price int) { s.depth = s.each[price] }

// take takes so much away.
func (s *supply) take(quantity decimal.Decimal) {
	s.left = decimal.Max(s.left.Sub(quantity), decimal.Zero)
	s.depth = decimal.Max(s.depth.Sub(quantity), decimal.Zero)
}

// bounded reports whether there is only so much.
func (w *walk) bounded() bool { return w.cfg.Fill.ticks() && w.cfg.Quote == nil }

// within is how much of a quantity can be had at this price.
func (w *walk) within(quantity decimal.Decimal) decimal.Decimal {
	if !w.bounded() {
		return quantity
	}
	return decimal.Min(quantity, w.m.depth, w.m.left)
}

// beyond is how much of a quantity can be had at a worse price, once so much was had at this one.
func (w *walk) beyond(quantity, near decimal.Decimal) decimal.Decimal {
	if !w.bounded() {
		return decimal.Zero
	}
	return decimal.Min(quantity, w.m.left).Sub(near)
}
