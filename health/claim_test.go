package health_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

func TestClaimIsForOne(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	release, err := r.Claim("bot")
	require.NoError(t, err)
	require.True(t, r.Claimed("bot"))
	_, err = r.Claim("bot")
	require.ErrorIs(t, err, health.ErrClaimed)
	_, err = r.Claim("bot/desk")
	require.NoError(t, err, "a tree below is another one")
	release()
	require.False(t, r.Claimed("bot"))
	_, err = r.Claim("bot")
	require.NoError(t, err)
}
