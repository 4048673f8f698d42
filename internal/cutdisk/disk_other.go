//go:build !linux

package cutdisk

import "errors"

var errNotLinux = errors.New("only Linux can cut the power of a file system")

func supported() error { return errNotLinux }

func shutdown(string) error { return errNotLinux }
