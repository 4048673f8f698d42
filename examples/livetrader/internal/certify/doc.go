// Package certify holds a venue against the fake that stands for it in tests: each of some forty scripted cases runs at both,
// and what the two said is laid side by side, line by line.
//
//	summary, err := certify.Run(ctx, certify.Binance("BTC/USDT:USDT", fake), certify.Config{
//		Venue: certify.Place{
//			Name: "binance-demo", URL: binance.DemoURL, StreamURL: binance.DemoStreamURL, Key: key, Secret: secret,
//		},
//		Out: os.Stdout, Tape: file,
//	})
//
// A case says what it saw as lines, a key and a value, from which everything is left out that differs between two runs at one
// venue: IDs, times, prices. So a line that differs is a difference between the venue and what we take for it.
//
// It trades, at the smallest size that the venue's filters allow. It begins only at an account in which nothing is held and
// nothing rests, clears that up after each case, also when its context has ended, and says at its end what is left. Where
// money is real is for its caller to know, and not to come here.
//
// What went over the wire at the venue is written to a tape, as JSON lines without secrets; see Tape. A Replay answers as the
// venue did, so that whoever gets a tape can run the cases at it, and the parsers of the adapters with them.
package certify
