package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"sync"
)

const (
	cookieName = "embed_session"
	operator   = "ann" // who may act; everybody else who logs in may look
)

// doors are the host's log-in: whatever it has already. This one keeps its sessions in memory.
type doors struct {
	passwords map[string]string // by name

	mu       sync.Mutex        // guards sessions
	sessions map[string]string // names, by cookie
}

func newDoors(passwords map[string]string) *doors {
	return &doors{passwords: passwords, sessions: make(map[string]string)}
}

func (d *doors) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	name := r.PostFormValue("name")
	given, want := sha256.Sum256([]byte(r.PostFormValue("password"))), sha256.Sum256([]byte(d.passwords[name]))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 || d.passwords[name] == "" {
		http.Error(w, "wrong name or password", http.StatusUnauthorized)
		return
	}
	session := rand.Text()
	d.mu.Lock()
	d.sessions[session] = name
	d.mu.Unlock()
	http.SetCookie(w, &http.Cookie{ // Secure where the host has TLS
		Name: cookieName, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// who is logged in; "" for nobody.
func (d *doors) who(r *http.Request) string {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sessions[cookie.Value]
}

// mayAct is console.Control.Authorize. The name that it returns stands in the journal.
func (d *doors) mayAct(r *http.Request) (actor string, err error) {
	if name := d.who(r); name != operator {
		return "", errors.New("only " + operator + " may act, and this is " + name)
	}
	return operator, nil
}

// mayLook is console.Read.Authorize: whoever is logged in may look.
func (d *doors) mayLook(r *http.Request) (reader string, err error) {
	if name := d.who(r); name != "" {
		return name, nil
	}
	return "", errors.New("nobody is logged in: POST /login")
}
