package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

const strayID = "v-00112233445566778899aabb"

// shared is a broker on whose account others have orders.
type shared struct {
	trading.Broker
	open     map[string]trading.OrderReport
	canceled []string
	keeps    string // the client ID of one that it does not cancel
}

func sharedBy(b trading.Broker, ids ...string) *shared {
	s := &shared{Broker: b, open: make(map[string]trading.OrderReport)}
	for _, id := range ids {
		s.open[id] = trading.OrderReport{ClientID: id, Symbol: btc, Type: trading.Limit, Status: trading.StatusOpen}
	}
	return s
}

func (s *shared) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	all, err := s.Broker.(trading.OrderLister).OpenOrders(ctx)
	for _, report := range s.open {
		all = append(all, report)
	}
	return all, err
}

func (s *shared) Cancel(ctx context.Context, ref trading.OrderRef) error {
	if _, ok := s.open[ref.ClientID]; !ok {
		return s.Broker.(trading.Canceler).Cancel(ctx, ref)
	}
	if ref.ClientID == s.keeps {
		return errors.New("not now")
	}
	if ref.Symbol != btc || ref.Type != trading.Limit {
		return fmt.Errorf("%w: by %+v", trading.ErrUnknownOrder, ref)
	}
	delete(s.open, ref.ClientID)
	s.canceled = append(s.canceled, ref.ClientID)
	return nil
}

// said is what is raised, with its verdict.
func said(conditions map[string]health.Raised) (raised []string) {
	for _, key := range slices.Sorted(maps.Keys(conditions)) {
		raised = append(raised, fmt.Sprintf("%s %s", key, conditions[key].Verdict))
	}
	return raised
}

func TestForeignOrderIsDealtWithByPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy engine.ForeignPolicy
		halted bool
		left   int
		raised []string // by the end of it
	}{
		"kept if nothing is said":   {"", false, 2, []string{"foreign_orders healthy", "stray_orders unhealthy"}},
		"kept":                      {engine.KeepForeign, false, 2, []string{"foreign_orders healthy", "stray_orders unhealthy"}},
		"canceled":                  {engine.CancelForeign, false, 0, nil},
		"a reason to halt for both": {engine.HaltOnForeign, true, 2, []string{"foreign_orders degraded", "halted degraded", "stray_orders unhealthy"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var account *shared
			r := newRig(t, refuses, func(cfg *engine.Config) {
				account = sharedBy(cfg.Broker, "by-hand", strayID)
				account.open["elsewhere"] = trading.OrderReport{ClientID: "elsewhere", Symbol: "XRP/USDT", Type: trading.Limit}
				cfg.Broker, cfg.ForeignOrders = account, c.policy
			})
			ctx, conditions := watched(t)
			require.NoError(t, r.engine.Step(ctx))
			r.clock.Add(10 * time.Minute)
			require.NoError(t, r.engine.Step(ctx))

			require.Len(t, account.open, c.left+1, "of an instrument that is not ours it is none of our business")
			status := r.engine.Status()
			require.Len(t, status.Foreign, c.left)
			require.Equal(t, c.halted, status.Halt.Active())
			require.Equal(t, 2, r.log.count("WARN Order that is not ours"), "once for each")
			require.Equal(t, c.raised, said(conditions()))
			if c.halted {
				require.Contains(t, status.Halt.Reason, "by-hand, limit "+btc)
				require.Contains(t, status.Halt.Reason, strayID)
			}
		})
	}
}

func TestOrdersOfOursAreNotForeign(t *testing.T) {
	t.Parallel()
	var account *shared
	r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) {
		account = sharedBy(cfg.Broker)
		cfg.Broker, cfg.ForeignOrders = account, engine.CancelForeign
	})
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.mustStep()
	resting := len(r.engine.Status().Orders)
	require.Positive(t, resting, "the legs of the bracket")
	for range 3 {
		r.clock.Add(5 * time.Minute)
		r.mustStep()
	}
	r.restart()
	r.mustStep()
	require.Len(t, r.engine.Status().Orders, resting)
	require.Zero(t, r.log.count("WARN Order that is not ours"))
}

func TestForeignOrderThatTheBrokerKeepsIsTriedAgain(t *testing.T) {
	t.Parallel()
	var account *shared
	r := newRig(t, refuses, func(cfg *engine.Config) {
		account = sharedBy(cfg.Broker, "by-hand", "other")
		account.keeps = "by-hand"
		cfg.Broker, cfg.ForeignOrders = account, engine.CancelForeign
	})
	for range 3 {
		r.mustStep()
	}
	require.Equal(t, 1, r.log.count("ERROR Order that is not ours is not canceled"), "not in each step")
	require.Equal(t, []string{"other"}, account.canceled)
	require.Equal(t, []string{"by-hand, limit " + btc}, r.engine.Status().Foreign)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "10", r.held(btc), "it keeps nothing else back")
	account.keeps = ""
	r.clock.Add(5 * time.Minute)
	r.mustStep()
	require.Empty(t, account.open)
	require.Empty(t, r.engine.Status().Foreign)
}

func TestForeignOrdersThatAreMany(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) {
		var ids []string
		for n := range 12 {
			ids = append(ids, fmt.Sprintf("by-hand-%02d", n))
		}
		cfg.Broker, cfg.ForeignOrders = sharedBy(cfg.Broker, ids...), engine.HaltOnForeign
	})
	r.mustStep()
	reason := r.engine.Status().Halt.Reason
	require.Equal(t, 5, strings.Count(reason, "by-hand-"))
	require.Contains(t, reason, "and 7 more")
	require.Len(t, r.engine.Status().Foreign, 12)
}

func TestForeignPolicyIsChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	cfg := r.cfg
	cfg.ForeignOrders = "adopt"
	_, err := engine.New(cfg)
	require.EqualError(t, err, `engine: Config.ForeignOrders "adopt" is no policy`)
	cfg.ForeignOrders, cfg.Broker = engine.CancelForeign, struct{ trading.Broker }{cfg.Broker}
	cfg.Ticket = nil
	_, err = engine.New(cfg)
	require.EqualError(t, err, `engine: Config.ForeignOrders "cancel" needs a Broker that can cancel`)
}
