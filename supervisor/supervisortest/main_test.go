package supervisortest_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBoom = errors.New("boom")

type serve func(ctx context.Context) error

func (f serve) Serve(ctx context.Context) error { return f(ctx) }
