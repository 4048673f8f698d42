package peers_test

import (
	"testing"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logrus.SetLevel(logrus.ErrorLevel)               // as in a backtest of bbgo
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) // some peers start goroutines as they are loaded
}
