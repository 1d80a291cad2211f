package sandbox

import (
	"testing"
	"time"
)

func TestAKeyHasItsRequestsAMinute(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{RateLimit: 3})
	for range 3 {
		s.get(AdminKey, here+"/roles/").is(200)
		s.clock = s.clock.Add(10 * time.Second)
	}
	answer := s.get(AdminKey, here+"/members/") // 30 s after the first
	answer.refused(throttled.says(30))
	same(t, "Retry-After", answer.header.Get("Retry-After"), "30")
	s.get(MemberKey, here+"/roles/").is(200) // another key

	s.clock = s.clock.Add(29*time.Second + time.Millisecond)
	s.get(AdminKey, here+"/roles/").refused(throttled.says(1))
	s.clock = s.clock.Add(time.Second)
	s.get(AdminKey, here+"/roles/").is(200)
	s.get(AdminKey, here+"/roles/").refused(throttled.says(10)) // until the second leaves
}

func TestTheUsualLimitsAre480AMinuteAnd4800AnHour(t *testing.T) {
	t.Parallel()
	var limit throttle
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 480 {
		same(t, "the wait", limit.take("key", now, 0), 0)
	}
	same(t, "the wait after 480", limit.take("key", now, 0), 60)
	for range 9 {
		now = now.Add(time.Minute)
		for range 480 {
			same(t, "the wait a minute later", limit.take("key", now, 0), 0)
		}
	}
	now = now.Add(time.Minute)
	same(t, "the wait after 4,800", limit.take("key", now, 0), 50*60)
	same(t, "the wait with a higher limit", limit.take("key", now, 5000), 0)
}

func TestARequestThatIsRefusedDoesNotCount(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{RateLimit: 1})
	for range 3 {
		s.ask(MemberKey, "POST", here+"/roles/", "").refused(levelTooLow)
		s.get(MemberKey, there+"/roles/").refused(notAMember)
	}
	s.get(MemberKey, here+"/roles/").is(200)
	for range 3 {
		s.get(MemberKey, here+"/roles/").is(429)
	}
	s.clock = s.clock.Add(time.Minute)
	s.get(MemberKey, here+"/roles/").is(200)
}
