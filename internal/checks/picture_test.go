package checks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
)

const picture = "2  examples\n1  signal\n0  health\n"

func TestPictureHasARoomAboveWhatItImports(t *testing.T) {
	t.Parallel()
	require.Equal(t, picture, paperHouse(t).Picture(twoRooms), "without the room that is not there")
	wide := []checks.Room{{Path: "health"}, {Path: "internal/..."}}
	files := map[string]string{"health/a.go": "package health", "internal/x/a.go": "package x"}
	want := "0  health"
	for _, letter := range "abcdef" {
		name := "a/room/with/a/long/name/" + string(letter)
		wide = append(wide, checks.Room{Path: name})
		files[name+"/a.go"] = "package a"
		if letter == 'd' {
			want += "\n "
		}
		want += "  " + name
	}
	require.Equal(t, want+"\n", plant(t, files).Picture(wide), "a row is broken where it grows too long")
}

func TestPictureIsHeldAgainstThePlan(t *testing.T) {
	t.Parallel()
	house := paperHouse(t)
	const good = "# Rooms\n\n```rooms\n" + picture + "```\nText.\n"
	require.Empty(t, house.Drawing("a.md", good, twoRooms))
	const bad = "# Rooms\n\n```rooms\n1  signal\n0  health\n```\nText.\n"
	found := house.Drawing("a.md", bad, twoRooms)
	require.Len(t, found, 1)
	require.Contains(t, found[0].String(), "has another picture:\n"+picture)
	require.Equal(t, good, house.WithPicture(bad, twoRooms))

	require.Contains(t, house.Drawing("a.md", "# Rooms\n", twoRooms)[0].String(), "has no picture")
	require.Equal(t, "# Rooms\n", house.WithPicture("# Rooms\n", twoRooms))
}
