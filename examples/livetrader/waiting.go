package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

const (
	waitingSoon  = 2 * time.Second  // an opening that takes longer is said
	waitingAgain = 10 * time.Second // and said again
	waitAtMost   = time.Minute      // then it is an error
)

// answerMeanwhile says in the log and on the port that the database is waited for, if that takes longer than
// waitingSoon, until the function that it returns is called. The port is then free for the API.
func (a *app) answerMeanwhile(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() {
		select {
		case <-ctx.Done():
		case <-a.clock.After(waitingSoon):
			all.Go(func() { a.answerWaiting(ctx) })
			a.sayWaiting(ctx)
		}
	})
	return func() {
		cancel()
		all.Wait()
	}
}

func (a *app) answerWaiting(ctx context.Context) {
	if a.port == nil {
		return
	}
	server, err := serve.New(serve.Config{
		Port: a.port, Handler: http.HandlerFunc(waiting), Exposed: true, Clock: a.clock, Logger: a.log, // it has no secrets
	})
	if err == nil {
		err = server.Serve(ctx)
	}
	if ctx.Err() == nil {
		a.log.Warn("Nothing answers while the database is waited for", "error", err)
	}
}

func (a *app) sayWaiting(ctx context.Context) {
	for waited := waitingSoon; ; waited += waitingAgain {
		a.log.Warn("Waiting for the database", "db", withoutPassword(a.dbName), "for", waited)
		select {
		case <-ctx.Done():
			return
		case <-a.clock.After(waitingAgain):
		}
	}
}

// waiting answers for a process that is alive and not ready.
func waiting(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/livez" {
		_, _ = w.Write([]byte("ok\n"))
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(`{"title":"Service Unavailable","status":503,"detail":"waiting for the database"}` + "\n"))
}

// openPatiently opens the database, and tries again for as long as waitAtMost where it does not answer in time.
func (a *app) openPatiently(ctx context.Context, cfg sqlite.Config) (database, error) {
	silence := a.answerMeanwhile(ctx)
	defer silence()
	for began := a.clock.Now(); ; {
		db, err := openKind(ctx, a.dbName, cfg)
		hangs := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
		if !hangs || a.cfg.dryStart || a.clock.Now().Sub(began) >= waitAtMost {
			return db, err
		}
	}
}
