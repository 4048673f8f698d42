package console

import (
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// The columns have the names of the JSON.
var (
	signalTable = table[signal.Signal]{
		name: "signals",
		header: strings.Fields(`seq id created_at symbol direction confidence price strategy params interval bar_time
			valid_until`),
		row: func(s signal.Signal) []cell {
			return []cell{
				whole(s.Seq), words(s.ID), moment(s.CreatedAt), words(s.Symbol), words(s.Direction.String()), float(s.Confidence),
				float(s.Price), words(s.Strategy), words(s.Params), words(s.Interval.String()),
				moment(s.BarTime), moment(s.ValidUntil),
			}
		},
	}
	orderTable = table[orderView]{
		name: "orders",
		header: strings.Fields(`client_id created_at symbol side type status quantity filled limit_price stop_price
			time_in_force post_only reduce_only leg decision_price signal_id sends acknowledged cancel_asked reason reason_code
			updated_at`),
		row: func(o orderView) []cell {
			return []cell{
				words(o.ClientID), moment(o.CreatedAt), words(o.Symbol), words(o.Side.String()), words(o.Type), words(o.Status),
				number(o.Quantity), number(o.Filled), price(o.LimitPrice), price(o.StopPrice), words(o.TimeInForce),
				truth(o.PostOnly), truth(o.ReduceOnly), words(o.Leg), price(o.DecisionPrice), words(o.SignalID), whole(o.Sends),
				truth(o.Acknowledged), truth(o.CancelAsked), words(o.Reason), words(o.Code), moment(o.UpdatedAt),
			}
		},
	}
	positionTable = table[heldPosition]{
		name: "positions",
		header: strings.Fields(`symbol quantity cost average_price realized fees maintenance liquidation distance funding_at
			funding_due`),
		row: func(p heldPosition) []cell {
			return append([]cell{
				words(p.Symbol), number(p.Quantity), number(p.Cost), number(p.AveragePrice), number(p.Realized), number(p.Fees),
			}, marginCells(p.Margin)...)
		},
	}
	stakeTable = table[stakeView]{
		name:   "strategies",
		header: strings.Fields(`strategy symbol target quantity cost average_price realized unrealized fees profit net orphan`),
		row: func(s stakeView) []cell {
			return []cell{
				words(s.Strategy), words(s.Symbol), number(s.Target), number(s.Quantity), number(s.Cost), number(s.AveragePrice),
				number(s.Realized), number(s.Unrealized), number(s.Fees), number(s.Profit), number(s.Net), words(s.Orphan),
			}
		},
	}
	lockTable = table[lockView]{
		name:   "locks",
		header: strings.Fields(`kind scope symbol strategy by why since until way_out`),
		row: func(l lockView) []cell {
			return []cell{
				words(l.Kind), words(l.Scope), words(l.Symbol), words(l.Strategy), words(l.By), words(l.Why), moment(l.Since),
				moment(l.Until), words(l.WayOut),
			}
		},
	}
	fillTable = table[fillView]{
		name:   "fills",
		header: strings.Fields(`seq at id client_id symbol side price quantity fee fee_asset time`),
		row: func(f fillView) []cell {
			return []cell{
				whole(f.Seq), moment(f.At), words(f.ID), words(f.ClientID), words(f.Symbol), words(f.Side.String()),
				number(f.Price), number(f.Quantity), number(f.Fee), words(f.FeeAsset), moment(f.Time),
			}
		},
	}
	sampleTable = table[sample]{
		name:   "equity",
		header: strings.Fields(`at equity paid_in`),
		row:    func(s sample) []cell { return []cell{moment(s.At), number(s.Equity), number(s.PaidIn)} },
	}
	periodTable = table[period]{
		name:   "performance",
		header: strings.Fields(`from to fills volume fees realized moved net paid_in equity`),
		row: func(p period) []cell {
			return []cell{
				words(p.From), words(p.To), whole(p.Fills), number(p.Volume), number(p.Fees), number(p.Realized),
				number(p.Moved), number(p.Net), number(p.PaidIn), optional(p.Equity),
			}
		},
	}
)

// marginCells are empty where the broker tells nothing.
func marginCells(m *marginView) []cell {
	if m == nil {
		return make([]cell, 5)
	}
	return []cell{price(m.Maintenance), optional(m.Liquidation), optional(m.Distance), moment(m.FundingAt), optional(m.Funding)}
}
