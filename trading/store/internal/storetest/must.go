package storetest

import (
	"cmp"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// A kit imports no assertion library: these are the few that it needs. Each ends its test, and so belongs to the test's
// own goroutine.

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func errorIs(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("the error is %v, want %v", err, target)
	}
}

func says(t testing.TB, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Fatalf("the error is %v, want one that says %q", err, text)
	}
}

func equal[T any](t testing.TB, want, got T, about ...any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("got\n%+v, want\n%+v; %v", got, want, about)
	}
}

func length[T any](t testing.TB, list []T, want int) {
	t.Helper()
	if len(list) != want {
		t.Fatalf("there are %d, want %d: %+v", len(list), want, list)
	}
}

func greater[T cmp.Ordered](t testing.TB, got, than T) {
	t.Helper()
	if got <= than {
		t.Fatalf("%v is not above %v", got, than)
	}
}
