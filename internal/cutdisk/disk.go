// Package cutdisk is a disk whose power can be cut: an ext4 file system in a file, mounted on a loop device. It is for
// tests of what survives. What was synced before the cut is there after it; what was only written is gone.
//
// A Disk needs Linux, root, and the programs mkfs.ext4, mount and umount. Make says which of them is missing, so that a
// test that has to be skipped can say so.
//
// A Disk is for one goroutine, but for Cut, which may come while others write. After a Cut every call on the file system
// fails, and a process that has a file of it mapped into memory may be killed: write from a process of its own, and
// let it end before Restore.
package cutdisk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Disk is a mounted file system. Use Make, and Remove when done.
type Disk struct {
	image  string // the file that holds it
	folder string // where it is mounted
}

// Make makes a disk of so many bytes; its files go into a folder that exists. On an error nothing is left behind.
func Make(folder string, bytes int64) (*Disk, error) {
	d := &Disk{image: filepath.Join(folder, "disk.img"), folder: filepath.Join(folder, "disk")}
	if err := d.build(bytes); err != nil {
		return nil, errors.Join(fmt.Errorf("cutdisk: make a disk: %w", err), os.RemoveAll(d.folder), os.RemoveAll(d.image))
	}
	return d, nil
}

func (d *Disk) build(bytes int64) error {
	if err := supported(); err != nil {
		return err
	}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(d.image, bytes); err != nil {
		return err
	}
	if err := os.MkdirAll(d.folder, 0o755); err != nil {
		return err
	}
	if err := run("mkfs.ext4", "-q", "-F", "-m", "0", d.image); err != nil {
		return err
	}
	return d.mount()
}

// Path is the folder that stands on the disk.
func (d *Disk) Path() string { return d.folder }

// Fill takes all room there is, and returns what gives it back. A large write is refused while there is room for small
// ones, so it ends with the smallest.
func (d *Disk) Fill() (free func() error, err error) {
	f, err := os.Create(filepath.Join(d.folder, "filler"))
	if err != nil {
		return nil, err
	}
	free = func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	for _, size := range []int{1 << 20, 1 << 12, 1 << 9} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return nil, errors.Join(err, free())
		}
	}
	return free, nil
}

// Cut cuts the power: whatever has not been synced when it begins may be gone.
func (d *Disk) Cut() error {
	if err := shutdown(d.folder); err != nil {
		return fmt.Errorf("cutdisk: cut the power of %s: %w", d.folder, err)
	}
	return nil
}

// Restore mounts the disk again after a Cut, as a machine that starts does. Nobody may have a file of it open.
func (d *Disk) Restore() error {
	if err := run("umount", d.folder); err != nil {
		return fmt.Errorf("cutdisk: restore: %w", err)
	}
	if err := d.mount(); err != nil {
		return fmt.Errorf("cutdisk: restore: %w", err)
	}
	return nil
}

// Remove takes the disk away, with all that is on it.
func (d *Disk) Remove() error {
	if err := run("umount", d.folder); err != nil {
		return fmt.Errorf("cutdisk: remove: %w", err)
	}
	return errors.Join(os.Remove(d.folder), os.Remove(d.image))
}

// mount keeps the kernel from writing back by itself: only what is synced counts.
func (d *Disk) mount() error {
	return run("mount", "-o", "loop,commit=3600", d.image, d.folder)
}

func run(name string, args ...string) error {
	output, err := exec.Command(name, args...).CombinedOutput() //nolint:noctx // it ends by itself
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(output)))
	}
	return nil
}
