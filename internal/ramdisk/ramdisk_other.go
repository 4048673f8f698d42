//go:build !linux

package ramdisk

func roomy(string, uint64) bool { return false }
