package metrics

import "github.com/prometheus/client_golang/prometheus"

// family is one metric: its name, its labels and what it means.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// families are all of them.
var families []*family

func gauge(name, help string, labels ...string) *family {
	return declare(name, help, prometheus.GaugeValue, labels)
}

func counter(name, help string, labels ...string) *family {
	return declare(name, help, prometheus.CounterValue, labels)
}

func declare(name, help string, kind prometheus.ValueType, labels []string) *family {
	f := &family{prometheus.NewDesc("vigil_"+name, help, labels, nil), kind}
	families = append(families, f)
	return f
}

// The process, and this package.
var (
	up       = gauge("up", "1 while the process answers.")
	info     = gauge("info", "Always 1: the kind of account, and the version of the program.", "mode", "version")
	clockNow = gauge("time_seconds", "The time of the process's clock.")
	started  = gauge("start_timestamp_seconds", "When the process began to watch its health.")
	verdict  = gauge("health_verdict", "1 for the verdict on the whole, 0 for the others.", "verdict")
	leftOut  = gauge("series_left_out", "Series that this scrape left out for want of room.")
	sourceUp = gauge("source_up", "1 if a function of the host's has answered this scrape in time.", "source")
	hasRoom  = gauge("store_has_room", "1 while the store has room; nothing is opened without.")
)

// The services, by their paths in the tree.
var (
	serviceState = gauge("service_state", "1 for the state that the service is in, 0 for the others.", "service", "state")
	serviceSince = gauge("service_state_timestamp_seconds", "When that state began.", "service")
	nextRestart  = gauge("service_next_restart_timestamp_seconds", "When its next run begins, where one is due.", "service")
	starts       = counter("service_starts_total", "Runs begun.", "service")
	restarts     = counter("service_restarts_total", "Runs begun after the first one.", "service")
	failedStarts = counter("service_failed_starts_total", "Runs that ended right after they had begun.", "service")
	panics       = counter("service_panics_total", "Runs that ended by a panic.", "service")
	stalls       = counter("service_stalls_total", "Runs that were silent for too long and were replaced.", "service")
	abandoned    = gauge("service_abandoned_runs", "Runs that did not end when they were told to, and still live.", "service")

	serviceVerdict = gauge("service_verdict", "1 for the verdict on the service or a part of it, 0 for the others.",
		"service", "verdict")
	progress = gauge("service_progress_timestamp_seconds",
		"Since when its silence counts: its last progress, or the end of planned silence.", "service")
	limit      = gauge("service_progress_deadline_seconds", "How long its silence may last.", "service")
	errorRun   = gauge("service_errors_in_a_row", "Errors since its last progress.", "service")
	conditions = gauge("service_conditions", "Things that hold for it and that no error says, by kind.",
		"service", "condition", "verdict", "person")
	events = counter("service_events_total", "What the service counts itself, by name.", "service", "event")
)

// Trading, and what a person should look at.
var (
	tradingState   = gauge("trading_state", "1 for the state of trading, 0 for the others.", "state")
	haltedSince    = gauge("trading_halt_timestamp_seconds", "When the halt began that stands.")
	reconciled     = gauge("trading_reconciled", "1 while the account and the venue agree, as far as is known.")
	reduceOnly     = gauge("trading_reduce_only", "1 while only what reduces a position is sent.")
	stepFailed     = gauge("trading_step_failed", "1 if the last step of trading ended with an error.")
	unknownOrders  = gauge("orders_needing_person", "Orders of which the venue cannot tell what became.")
	differences    = gauge("account_differences", "Things that the venue holds otherwise than the account.")
	unguarded      = gauge("positions_unguarded", "Positions that should have a stop-loss and have none.")
	orphaned       = gauge("positions_orphaned", "Positions held for a strategy that speaks no more.")
	unpriced       = gauge("positions_unpriced", "Positions without a price, which count at their cost.")
	refusedInARow  = gauge("signals_refused_in_a_row", "Signals refused since the last one that was not.")
	rejectedInARow = gauge("orders_rejected_in_a_row", "Orders refused or lost since the last one that was not.")
	offers         = gauge("signals_awaiting_approval", "Signals that wait for a person's word.")
)

// The account. Money is in the quote currency.
var (
	equity       = gauge("account_equity", "What the account is worth.")
	cash         = gauge("account_cash", "Its cash.")
	capital      = gauge("account_capital", "What it began with.")
	unrealized   = gauge("account_unrealized_profit", "Profit of what is held, before fees.")
	realized     = gauge("account_realized_profit", "Profit of what was closed, before fees.")
	fees         = gauge("account_fees", "Fees paid.")
	moved        = gauge("account_cash_moved", "Cash that came or went without a fill, by kind.", "kind")
	dayProfit    = gauge("account_day_profit", "Equity less what the trading day began with.")
	dayBegin     = gauge("account_day_begin_equity", "What the trading day's loss counts from.")
	drawdown     = gauge("account_drawdown", "What is missing to the highest end of a day.")
	drawdownPart = gauge("account_drawdown_ratio", "The same as a part of what the account was worth there.")
	netExposure  = gauge("account_net_exposure", "What is held at the last prices; short positions count below zero.")
	grossCost    = gauge("account_gross_cost", "What was paid or received for all that is held, each above zero.")

	positions = gauge("positions", "Positions that are not flat.")
	quantity  = gauge("position_quantity", "What is held; below zero for a short position.", "symbol")
	cost      = gauge("position_cost", "What was paid for it; below zero, received, for a short position.", "symbol")
	pending   = gauge("pending_orders", "Orders that are not done, by status.", "status")

	signalOutcomes = counter("signals_decided_total", "Signals since the journal began, by what became of them.", "outcome")
	orders         = counter("orders_total", "Orders decided on since the journal began.")
	rejected       = counter("orders_rejected_total", "Orders that the venue refused.")
	fills          = counter("fills_total", "Fills since the journal began.")
	foreignFills   = counter("foreign_fills_total", "Fills of orders that are not the trader's own.")
)

// The generator.
var (
	paused     = gauge("generator_paused", "1 while the generation of signals is paused.")
	cycles     = counter("generator_cycles_total", "Cycles begun.")
	overruns   = counter("generator_overruns_total", "Cycles that still ran when the next one was due.")
	failures   = counter("generator_errors_total", "Symbols that failed in a cycle.")
	leftBehind = counter("generator_left_behind_total", "Times that a cycle went on without a symbol.")
	conflicts  = counter("generator_conflicts_total", "Signals that the store has otherwise.")
	bars       = counter("bars_total", "Bars that reached the strategies.")
	barFaults  = counter("bar_faults_total", "Ways in which bars were not what they should be, by kind.", "fault")
	signals    = counter("signals_total", "Signals stored.")
	notEmitted = counter("signals_not_emitted_total", "Times that there was no signal, by reason.", "reason")

	dataAge     = gauge("symbol_data_age_seconds", "How long before the last cycle the newest bar had closed.", "symbol")
	lastBar     = gauge("symbol_last_bar_timestamp_seconds", "Open of the newest bar.", "symbol")
	lastSuccess = gauge("symbol_last_success_timestamp_seconds", "The last cycle in which it was up to date.", "symbol")
	busySince   = gauge("symbol_busy_timestamp_seconds", "Since when it has not come back, where it was left behind.", "symbol")
	stale       = gauge("symbol_stale", "1 while its data is too old, and no closed market explains it.", "symbol")
	loading     = gauge("symbol_loading", "1 while its strategies take up its history.", "symbol")
	symbolFails = gauge("symbol_errors_in_a_row", "Errors since it was up to date.", "symbol")
	waiting     = gauge("symbol_pending_signals", "Signals that are made and wait for the store.", "symbol")
	symbolBars  = counter("symbol_bars_total", "Its bars that reached the strategies.", "symbol")
	symbolSaid  = counter("symbol_signals_total", "Its signals stored.", "symbol")
)
