package binancetest

import (
	"crypto/rand"
	"strings"
	"time"
)

// A listenKey lives an hour from when it was made or kept alive.
const keyLives = time.Hour

func (v *Venue) postListenKey(*call) (any, *problem) {
	now := v.nowLocked()
	for key := range v.keys { // a second POST answers the same key and extends it
		v.keys[key] = now.Add(keyLives)
		return obj{"listenKey": key}, nil
	}
	key := strings.Repeat(rand.Text(), 3)[:64]
	v.keys[key] = now.Add(keyLives)
	v.wakeLocked()
	return obj{"listenKey": key}, nil
}

func (v *Venue) putListenKey(*call) (any, *problem) {
	if len(v.keys) == 0 {
		return nil, errListenKey
	}
	return v.postListenKey(nil)
}

func (v *Venue) deleteListenKey(*call) (any, *problem) {
	clear(v.keys)
	return obj{}, nil
}

func (v *Venue) expireKeys(now time.Time) {
	for key, until := range v.keys {
		if !now.Before(until) {
			v.expireKey(key, now)
		}
	}
}

// expireKey tells the key's connections, which stay open and say nothing more.
func (v *Venue) expireKey(key string, now time.Time) {
	event := obj{"e": "listenKeyExpired", "E": millis(now), "listenKey": key}
	v.hub.each(private, func(c *conn) {
		if c.key(map[string]time.Time{key: now}) != "" {
			v.hub.push(c, key, event)
		}
	})
	delete(v.keys, key)
}
