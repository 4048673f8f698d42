package notify_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

func urgent(key, text string) notify.Message {
	return notify.Message{Key: key, Kind: notify.KindPerson, Urgent: true, Text: text}
}

func TestMessageIsSentAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{}, func(t *testing.T, b *bench) {
		b.Post(notify.Message{Text: "hello"})
		synctest.Wait()
		got := b.phone.messages()
		require.Len(t, got, 1)
		require.Equal(t, "hello", got[0].Key)
		require.Equal(t, notify.Kind("other"), got[0].Kind)
		require.NotEmpty(t, got[0].ID)
		require.Equal(t, 1, b.Status().Sent)
	})
}

func TestRepeatsWithinTheWindowAreOneMessage(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Fold: 15 * time.Minute}, func(t *testing.T, b *bench) {
		for n := range 100 {
			b.Post(urgent("halt", fmt.Sprint("halted ", n)))
			after(time.Second)
		}
		require.Equal(t, []string{"halted 0"}, b.phone.texts())
		after(15 * time.Minute)
		got := b.phone.messages()
		require.Len(t, got, 2)
		require.Equal(t, "halted 99", got[1].Text)
		require.Equal(t, 98, got[1].Repeats)
		require.NotEqual(t, got[0].ID, got[1].ID)
	})
}

func TestEndIsToldAtOnceAndWhatFlapsIsFolded(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Fold: 15 * time.Minute}, func(t *testing.T, b *bench) {
		for n := range 10 {
			b.Post(urgent("feed", fmt.Sprint("down ", n)))
			after(time.Second)
			b.Post(notify.Message{Key: "feed", Over: true, Text: fmt.Sprint("up ", n)})
			after(time.Second)
		}
		require.Equal(t, []string{"down 0", "up 0"}, b.phone.texts())
		after(time.Hour)
		require.Equal(t, []string{"down 0", "up 0", "up 9"}, b.phone.texts())
		require.Equal(t, 17, b.phone.messages()[2].Repeats)
	})
}

func TestUrgentMessageOutlivesHoursOfFailure(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{}, func(t *testing.T, b *bench) {
		b.phone.answer = func(context.Context, int) error {
			if time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) < 5*time.Hour {
				return errors.New("no network")
			}
			return nil
		}
		b.Post(urgent("halt", "halted"))
		b.Post(notify.Message{Text: "a fill"})
		after(5*time.Hour + time.Minute)
		require.Equal(t, []string{"halted"}, b.phone.texts())
		require.Equal(t, 1, b.phone.messages()[0].Lost, "the fill became too old, and the next message says so")
		require.Equal(t, 1, b.Status().Lost)
		require.Less(t, b.phone.calls(), 5*60+10, "pauses double up to a minute")
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{}, func(t *testing.T, b *bench) {
		b.phone.answer = func(_ context.Context, try int) error {
			if try == 1 {
				return &notify.RetryError{After: 90 * time.Second, Err: errors.New("slow down")}
			}
			return nil
		}
		b.Post(urgent("a", "a"))
		after(time.Second)
		b.Post(urgent("b", "b"))
		after(88 * time.Second)
		require.Equal(t, 1, b.phone.calls())
		after(time.Second)
		require.ElementsMatch(t, []string{"a", "b"}, b.phone.texts())
	})
}

func TestRefusedMessageDoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{}, func(t *testing.T, b *bench) {
		b.phone.answer = func(_ context.Context, try int) error {
			if try <= 2 {
				return fmt.Errorf("%w: malformed", notify.ErrRefused)
			}
			return nil
		}
		b.Post(urgent("halt", "halted"))
		b.Post(notify.Message{Text: "a fill"})
		b.Post(notify.Message{Text: "another"})
		synctest.Wait()
		require.Equal(t, []string{"another"}, b.phone.texts())
		require.Equal(t, 1, b.Status().Lost, "the fill: nothing will ever take it")
		after(time.Second)
		require.Equal(t, []string{"another", "halted"}, b.phone.texts())
		require.Contains(t, b.log.String(), "malformed")
	})
}

func TestRateHoldsBackWhatIsNotUrgent(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Rate: 5}, func(t *testing.T, b *bench) {
		for n := range 12 {
			b.Post(notify.Message{Text: fmt.Sprint("fill ", n)})
		}
		after(time.Second)
		require.Len(t, b.phone.messages(), 5)
		b.Post(urgent("halt", "halted"))
		synctest.Wait()
		require.Equal(t, "halted", b.phone.texts()[5])
		after(time.Minute)
		require.Len(t, b.phone.messages(), 11)
		after(time.Minute)
		require.Len(t, b.phone.messages(), 13)
	})
}

func TestFullQueueDropsTheOldestThatIsNotUrgent(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Size: 3}, func(t *testing.T, b *bench) {
		b.phone.answer = func(_ context.Context, try int) error {
			if try == 1 {
				return errors.New("no network")
			}
			return nil
		}
		b.Post(urgent("halt", "halted"))
		synctest.Wait()
		for n := range 5 {
			b.Post(notify.Message{Text: fmt.Sprint("fill ", n)})
		}
		require.Equal(t, 3, b.Status().Waiting)
		after(time.Second)
		got := b.phone.messages()
		require.Equal(t, []string{"halted", "fill 3", "fill 4"}, b.phone.texts())
		require.Equal(t, 3, got[0].Lost)
		require.Zero(t, got[1].Lost)
	})
}

func TestHangingNotifierHoldsUpNobodyAndIsCalledOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Timeout: 10 * time.Second}, func(t *testing.T, b *bench) {
		release := make(chan struct{})
		b.phone.answer = func(_ context.Context, try int) error {
			if try == 1 {
				<-release // whatever ctx says
			}
			return nil
		}
		began := time.Now()
		b.Post(urgent("halt", "halted"))
		after(time.Minute)
		b.Post(urgent("other", "another"))
		require.Equal(t, began.Add(time.Minute), time.Now(), "Post returns at once")
		require.Equal(t, 1, b.phone.calls())
		require.True(t, b.Status().Hangs)
		require.NotEmpty(t, b.Status().LastError)
		close(release)
		after(time.Minute)
		require.False(t, b.Status().Hangs)
		require.Equal(t, []string{"halted", "another"}, b.phone.texts(), "what the hanging call took over is not sent again")
	})
}

func TestNotifierThatPanicsOrExitsIsTriedAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{}, func(t *testing.T, b *bench) {
		b.phone.answer = func(_ context.Context, try int) error {
			if try == 1 {
				panic("broken")
			}
			return nil
		}
		b.Post(urgent("halt", "halted"))
		after(time.Second)
		require.Equal(t, []string{"halted"}, b.phone.texts())
		require.Contains(t, b.log.String(), "broken")
	})
}

func TestEndSendsWhatIsLeftAndSaysWhatIsNot(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{Rate: 1}, func(t *testing.T, b *bench) {
		b.Post(notify.Message{Text: "one"})
		b.Post(notify.Message{Text: "two"})
		synctest.Wait()
		b.Post(urgent("halt", "halted"))
		require.ErrorIs(t, b.end(), context.Canceled)
		require.Equal(t, []string{"one", "halted"}, b.phone.texts())
		require.Contains(t, b.log.String(), "not sent before the end")
	})
}

func TestConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	_, err := notify.New(notify.Config{})
	require.ErrorContains(t, err, "Config.To")
	_, err = notify.New(notify.Config{To: &phone{}, Fold: -1})
	require.ErrorContains(t, err, "Config.Fold is negative")
	_, err = notify.New(notify.Config{To: &phone{}, Kinds: []notify.Kind{"fills"}})
	require.ErrorContains(t, err, `"fills"`)
}

// An outage of hours is two lines of the log, and what is refused is one.
func TestOutageIsLoggedOnceAndItsEndToo(t *testing.T) {
	t.Parallel()
	inBubble(t, notify.Config{}, func(t *testing.T, b *bench) {
		b.phone.answer = func(_ context.Context, try int) error {
			switch {
			case try < 100:
				return fmt.Errorf("no network, try %d", try)
			case try < 110:
				return fmt.Errorf("%w: malformed", notify.ErrRefused)
			}
			return nil
		}
		b.Post(urgent("halt", "halted"))
		after(3 * time.Hour)
		require.Equal(t, []string{"halted"}, b.phone.texts())
		require.Equal(t, 1, strings.Count(b.log.String(), "Messages not sent"), b.log)
		require.Contains(t, b.log.String(), "try 1\"")
		require.Equal(t, 1, strings.Count(b.log.String(), "Message refused"))
		require.Equal(t, 1, strings.Count(b.log.String(), "Messages are sent again"))
		require.Contains(t, b.log.String(), "tries=99")
		require.Equal(t, 3, strings.Count(b.log.String(), "\n"))
	})
}
