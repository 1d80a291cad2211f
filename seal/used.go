package seal

import (
	"math"
	"sync"
	"time"
)

// nonce tells a seal from every other.
type nonce [nonceSize]byte

// used holds the seals that were opened and have not expired; it grows with the
// seals of one lifetime, not with those of the process. The zero value is empty.
type used struct {
	mu      sync.Mutex
	expires map[nonce]uint32
	dropped uint32 // the latest expiry ever dropped
}

// add uses a seal up. Of any number of callers one gets nil and the others
// ErrUsed, or ErrExpired from its expiry on.
func (u *used) add(n nonce, expiry uint32) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := uint32(min(max(time.Now().Unix(), 0), math.MaxUint32)) // read under the lock, so that no entry drops out in between
	for other, at := range u.expires {
		if at <= now {
			delete(u.expires, other)
			u.dropped = max(u.dropped, at)
		}
	}
	// A clock that is set back does not bring back what was dropped.
	if expiry <= now || expiry <= u.dropped {
		return ErrExpired
	}
	if _, found := u.expires[n]; found {
		return ErrUsed
	}
	if u.expires == nil {
		u.expires = map[nonce]uint32{}
	}
	u.expires[n] = expiry
	return nil
}

// inSeconds rounds a time up to the Unix second, within what a seal can carry.
func inSeconds(at time.Time) uint32 {
	seconds := at.Unix()
	if at.Nanosecond() > 0 {
		seconds++
	}
	return uint32(min(max(seconds, 0), math.MaxUint32))
}
