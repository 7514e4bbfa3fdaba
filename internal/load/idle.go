package load

import (
	"time"
)

// idle opens connections, lets each echo one message, and measures what the server holds for them while
// they do nothing.
func (g *generator) idle(before usage) (Result, error) {
	began := time.Now()
	clients, err := g.open(func(c *client) error {
		if err := c.exchange(); err != nil {
			return err
		}
		c.out = nil
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	result := Result{Operations: int64(len(clients)), Seconds: time.Since(began).Seconds(), RSSBefore: before.rss}
	if err := g.sleep(g.WarmUp); err != nil {
		return Result{}, err
	}
	if g.PID != 0 {
		after, err := usageOf(g.PID)
		if err != nil {
			return Result{}, err
		}
		result.RSS = after.rss
	}
	if err := g.profile(false); err != nil {
		return Result{}, err
	}
	// They must still work, or what was measured is nothing.
	for i := 0; i < len(clients); i += 97 {
		clients[i].out = newFrames(clients[i].payload, 1)
		if g.target.lines {
			clients[i].out = newLines(clients[i].payload, 1)
		}
		clients[i].out.next = 1
		if err := clients[i].exchange(); err != nil {
			return Result{}, g.failure(i, err)
		}
	}
	return result, nil
}
