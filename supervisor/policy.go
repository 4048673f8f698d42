package supervisor

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// What a zero cannot say. Any other negative value in a Policy is refused.
const (
	NoDelay    time.Duration = -1 // Backoff.Initial: restart at once
	Off        time.Duration = -1 // Verify: a start counts as succeeded at once
	Forever    time.Duration = -1 // StopTimeout, CoolDown: no end
	NoRestarts int           = -1 // MaxRestarts: the first end spends the budget
	Unlimited  int           = -2 // MaxRestarts: the budget is never spent
)

// Restart says which ends of a run are followed by a new one.
type Restart int

// The kinds of restart.
const (
	Permanent Restart = iota // always
	Transient                // after a failure: an error, a panic, Goexit, a stall; not after Serve returned nil
	Temporary                // never; and nothing of the child is kept
)

// Exhausted says what happens when MaxRestarts is spent.
type Exhausted int

// The ways to be exhausted.
const (
	Park     Exhausted = iota // crashed, and after CoolDown a new round with a full budget: nothing stops for good
	Escalate                  // the whole supervisor stops and returns an *EscalatedError: its parent decides
	GiveUp                    // crashed until Restart is called
)

// Zombie says what to do while the goroutine of an abandoned run still lives.
type Zombie int

// What to do beside a zombie.
const (
	Wait    Zombie = iota // no second run beside it: the child stays stalled until the zombie has ended
	Replace               // a new run begins, with up to MaxZombies zombies beside it; the old run's context stays canceled
)

// Backoff says how long a child waits before the n-th restart in a row: Initial x Factor^(n-1), at most Max, made
// longer or shorter by up to Jitter of itself. The Jitter applies to CoolDown too.
type Backoff struct {
	Initial time.Duration // 0 means 5 s; NoDelay
	Factor  float64       // 0 means 1, a constant delay; at least 1
	Max     time.Duration // 0 means no bound
	Jitter  float64       // 0 to 1
}

// Policy says how a child is kept running. The zero value is a sound default.
type Policy struct {
	Restart     Restart       // Permanent
	MaxRestarts int           // restarts in a row before Exhausted applies; 0 means 10; NoRestarts, Unlimited
	Backoff     Backoff       // the delay before a restart; 5 s
	Stable      time.Duration // a run that lasted this long, judged at its end, refills the budget; 0 means 1 min
	Verify      time.Duration // a run that ends earlier was a failed start; 0 means 3 s, or Stable if less; Off
	Ready       time.Duration // how long the next sibling's start waits for health.Ready; 0 means not at all
	Stall       time.Duration // the longest silence between two calls of health.Beat; 0 means that it is not watched
	StopTimeout time.Duration // how long a run gets to return; 0 means 10 s, Forever for a *Supervisor; Forever
	Exhausted   Exhausted     // Park
	CoolDown    time.Duration // how long Park lasts; 0 means 5 min; Forever
	Zombie      Zombie        // Wait
	MaxZombies  int           // with Replace; 0 means 3
}

// WithDefaults returns the policy with every zero replaced by what it means for service.
func (p Policy) WithDefaults(service Service) Policy {
	setDefault(&p.MaxRestarts, 10)
	setDefault(&p.Backoff.Initial, 5*time.Second)
	setDefault(&p.Backoff.Factor, 1)
	setDefault(&p.Stable, time.Minute)
	setDefault(&p.Verify, min(3*time.Second, p.Stable))
	setDefault(&p.CoolDown, 5*time.Minute)
	setDefault(&p.MaxZombies, 3)
	if treeOf(service) != nil {
		setDefault(&p.StopTimeout, Forever)
	}
	setDefault(&p.StopTimeout, 10*time.Second)
	return p
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate checks the policy as the caller wrote it, before its defaults.
func (p Policy) validate(service Service) error {
	fields := []struct {
		field string
		value time.Duration
		named bool // -1 is one of its named constants
	}{
		{"Backoff.Initial", p.Backoff.Initial, true},
		{"Backoff.Max", p.Backoff.Max, false},
		{"Stable", p.Stable, false},
		{"Verify", p.Verify, true},
		{"Ready", p.Ready, false},
		{"Stall", p.Stall, false},
		{"StopTimeout", p.StopTimeout, true},
		{"CoolDown", p.CoolDown, true},
	}
	for _, d := range fields {
		if d.value < 0 && !(d.named && d.value == -1) {
			return fmt.Errorf("Policy.%s %s is negative and no named constant", d.field, d.value)
		}
	}
	switch {
	case p.Restart < Permanent || p.Restart > Temporary:
		return fmt.Errorf("Policy.Restart %d is unknown", p.Restart)
	case p.Exhausted < Park || p.Exhausted > GiveUp:
		return fmt.Errorf("Policy.Exhausted %d is unknown", p.Exhausted)
	case p.Zombie < Wait || p.Zombie > Replace:
		return fmt.Errorf("Policy.Zombie %d is unknown", p.Zombie)
	case p.MaxRestarts < Unlimited:
		return fmt.Errorf("Policy.MaxRestarts %d is negative and no named constant", p.MaxRestarts)
	case p.MaxZombies < 0:
		return fmt.Errorf("Policy.MaxZombies %d is negative", p.MaxZombies)
	case p.Backoff.Factor != 0 && !(p.Backoff.Factor >= 1 && !math.IsInf(p.Backoff.Factor, 1)):
		return fmt.Errorf("Policy.Backoff.Factor %v is not a number of at least 1", p.Backoff.Factor)
	case !(p.Backoff.Jitter >= 0 && p.Backoff.Jitter <= 1):
		return fmt.Errorf("Policy.Backoff.Jitter %v is not between 0 and 1", p.Backoff.Jitter)
	}
	return p.conflict(service)
}

// conflict finds two fields that cannot both be meant. What a default is was perhaps not meant at all: a policy that
// was read from a tree can be given back.
func (p Policy) conflict(service Service) error {
	with, none := p.WithDefaults(service), Policy{}.WithDefaults(service)
	_, tree := service.(*Supervisor)
	switch {
	case p.Backoff.Max > 0 && p.Backoff.Max < with.Backoff.Initial:
		return fmt.Errorf("Policy.Backoff.Max %s is below Backoff.Initial %s", p.Backoff.Max, with.Backoff.Initial)
	case with.Verify > with.Stable:
		return fmt.Errorf("Policy.Verify %s is above Stable %s", with.Verify, with.Stable)
	case p.Restart == Temporary && with.MaxRestarts != none.MaxRestarts:
		return errors.New("Policy.MaxRestarts is set, and Restart is Temporary")
	case p.Zombie == Wait && with.MaxZombies != none.MaxZombies:
		return errors.New("Policy.MaxZombies is set, and Zombie is Wait")
	case p.Stall > 0 && tree:
		return errors.New("Policy.Stall is set, and the service is a Supervisor, which does not beat")
	case p.Exhausted != Park && with.CoolDown != none.CoolDown:
		return errors.New("Policy.CoolDown is set, and Exhausted is not Park")
	}
	return nil
}

// delay is the wait before the n-th restart in a row, counted from 1.
func (b Backoff) delay(n int, random *rand.Rand) time.Duration {
	if b.Initial == NoDelay {
		return 0
	}
	d := float64(b.Initial) * math.Pow(b.Factor, float64(n-1))
	if b.Max > 0 {
		d = min(d, float64(b.Max))
	}
	if d >= math.MaxInt64 {
		return math.MaxInt64
	}
	return b.jitter(time.Duration(d), random)
}

// jitter makes d longer or shorter by chance.
func (b Backoff) jitter(d time.Duration, random *rand.Rand) time.Duration {
	if b.Jitter == 0 {
		return d
	}
	jittered := float64(d) * (1 + b.Jitter*(2*random.Float64()-1))
	if jittered >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(jittered)
}

// tick is the time between two looks of the watch at a child. It divides Stall, so that a stall is seen within its
// limit plus one tick.
func (p Policy) tick() time.Duration {
	n := max(4, (p.Stall+time.Second-1)/time.Second)
	return max(1, p.Stall/n)
}

func validateName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case strings.Contains(name, "/"):
		return errors.New("the name contains a slash")
	}
	return nil
}
