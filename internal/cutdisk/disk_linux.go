package cutdisk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"
)

// EXT4_IOC_SHUTDOWN and its flag, from the kernel's include/uapi/linux/ext4.h: the file system stops at once, and what
// is in its journal and not on the disk stays there.
const (
	ext4Shutdown = 0x8004587d
	noLogFlush   = 2
)

func supported() error {
	if os.Geteuid() != 0 {
		return errors.New("only root can mount a file system")
	}
	for _, name := range []string{"mkfs.ext4", "mount", "umount"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("the program %s is not to be found", name)
		}
	}
	return nil
}

func shutdown(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	flag := uint32(noLogFlush)
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), ext4Shutdown, uintptr(unsafe.Pointer(&flag)))
	if failed != 0 {
		return errors.Join(failed, f.Close())
	}
	return f.Close()
}
