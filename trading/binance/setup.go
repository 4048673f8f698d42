package binance

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/adshao/go-binance/v2/futures"
)

// Setup is how the account is set up. Nothing of it is ever changed from here.
type Setup struct {
	CanTrade    bool
	Hedge       bool // positions of both sides at once: reduce-only means nothing then, and it is refused
	MultiAssets bool // other assets than the quote currency stand for the positions

	Symbols map[string]SymbolSetup // of the Config's Symbols

	Key KeyRights

	ClockOffset time.Duration // by which the venue's clock is ahead of ours
}

// SymbolSetup is how an instrument is set up.
type SymbolSetup struct {
	Leverage int
	Margin   string // crossed or isolated, as the venue writes it
}

// KeyRights are what the key may do.
type KeyRights struct {
	Known     bool // false where there is no SpotURL to ask at
	Withdraw  bool // it may take money away from the account, and is refused
	Futures   bool
	Addressed bool // it is good from some addresses only, as it should be
}

// Check looks at the account and the key, sends no order and changes nothing. The error says what stands against trading:
// hedge mode, an account that may not trade, a key that may withdraw or may not trade futures, a symbol that is not traded.
func (b *Broker) Check(ctx context.Context) (Setup, error) {
	changed, err := b.read(ctx)
	if err != nil {
		return Setup{}, err
	}
	s, err := b.askSetup(ctx)
	if err != nil {
		return Setup{}, err
	}
	var against []error
	refuse := func(when bool, why string) {
		if when {
			against = append(against, errors.New("binance: "+why))
		}
	}
	refuse(s.Hedge, "the account is in hedge mode, and orders that only reduce need one-way mode: change it at the venue, "+
		"which is possible while nothing is held and no order is open")
	refuse(!s.CanTrade, "the account may not trade")
	refuse(s.Key.Known && s.Key.Withdraw, "the key may withdraw: make one that may only read and trade futures")
	refuse(s.Key.Known && !s.Key.Futures, "the key may not trade futures: allow it at the venue")
	for _, name := range b.client.cfg.Symbols {
		if _, listed := b.catalog.find(name); !listed {
			refuse(true, fmt.Sprintf("Config.Symbols: %s: %s", name, changed[name]))
		}
	}
	return s, errors.Join(against...)
}

func (b *Broker) askSetup(ctx context.Context) (Setup, error) {
	s := Setup{Symbols: make(map[string]SymbolSetup)}
	var account *futures.AccountConfig
	err := b.signed(ctx, request{what: "ask how the account is set up", weight: 5},
		func(ctx context.Context, f *futures.Client) (err error) {
			account, err = f.NewGetAccountConfigService().Do(ctx, b.client.recv())
			return err
		})
	if err != nil {
		return Setup{}, err
	}
	s.CanTrade, s.Hedge, s.MultiAssets = account.CanTrade, account.DualSidePosition, account.MultiAssetsMargin
	var symbols []*futures.SymbolConfig
	err = b.signed(ctx, request{what: "ask how instruments are set up", weight: 5},
		func(ctx context.Context, f *futures.Client) (err error) {
			symbols, err = f.NewGetSymbolConfigService().Do(ctx, b.client.recv())
			return err
		})
	if err != nil {
		return Setup{}, err
	}
	for _, of := range symbols {
		s.Symbols[b.catalog.nameOf(of.Symbol)] = SymbolSetup{Leverage: of.Leverage, Margin: of.MarginType}
	}
	s.only(b.client.cfg.Symbols)
	s.ClockOffset = b.client.time.now().Sub(b.client.cfg.Clock.Now())
	s.Key, err = b.askKey(ctx)
	return s, err
}

// only leaves out what is not traded.
func (s *Setup) only(symbols []string) {
	all := s.Symbols
	s.Symbols = make(map[string]SymbolSetup, len(symbols))
	for _, name := range symbols {
		if of, ok := all[name]; ok {
			s.Symbols[name] = of
		}
	}
}

func (b *Broker) askKey(ctx context.Context) (KeyRights, error) {
	if b.client.cfg.SpotURL == "" {
		return KeyRights{}, nil
	}
	var rights struct {
		Addressed *bool `json:"ipRestrict"`
		Withdraw  *bool `json:"enableWithdrawals"`
		Futures   *bool `json:"enableFutures"`
	}
	err := b.client.get(ctx, request{what: "ask what the key may do", weight: 1}, b.client.cfg.SpotURL,
		"/sapi/v1/account/apiRestrictions", url.Values{}, &rights)
	switch {
	case err != nil:
		return KeyRights{}, err
	case rights.Addressed == nil || rights.Withdraw == nil || rights.Futures == nil:
		return KeyRights{}, errors.New("binance: ask what the key may do: the answer does not say")
	}
	return KeyRights{Known: true, Withdraw: *rights.Withdraw, Futures: *rights.Futures, Addressed: *rights.Addressed}, nil
}

// signed sends a signed request.
func (b *Broker) signed(ctx context.Context, r request, use func(context.Context, *futures.Client) error) error {
	r.signed = true
	return b.client.do(ctx, r, use)
}
