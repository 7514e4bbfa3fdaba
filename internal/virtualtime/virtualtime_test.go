package virtualtime_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"silly/internal/virtualtime"
)

func TestClockJumps(t *testing.T) {
	const long = 1000 * time.Hour
	real := time.Now()
	var begin, end time.Time
	err := virtualtime.Run(func() {
		begin = time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), long)
		defer cancel()
		<-ctx.Done()
		end = time.Now()
	})
	if err != nil {
		t.Fatal(err)
	}
	if passed := end.Sub(begin); passed != long {
		t.Errorf("%v passed inside, want %v", passed, long)
	}
	if d := begin.Sub(real).Abs(); d > time.Hour {
		t.Errorf("the clock begins %v away from the present", d)
	}
	if d := time.Since(real); d > time.Hour {
		t.Errorf("%v passed outside", d)
	}
}

func TestGoroutinesThatAreStuck(t *testing.T) {
	wait := make(chan chan struct{}, 1)
	err := virtualtime.Run(func() {
		go func() {
			c := make(chan struct{})
			wait <- c
			<-c
		}()
	})
	if !errors.Is(err, virtualtime.ErrStuck) {
		t.Errorf("error %v, want ErrStuck", err)
	}
}

func TestPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "oops" {
			t.Errorf("recovered %v, want the panic of f", v)
		}
	}()
	_ = virtualtime.Run(func() { panic("oops") })
	t.Error("it returned")
}

func TestWatchSeesWhatComputes(t *testing.T) {
	var late atomic.Bool
	w := virtualtime.NewWatch(func() { late.Store(true) })
	defer w.Stop()
	if err := virtualtime.Run(func() {
		w.Begin(time.Hour)
		time.Sleep(2 * time.Hour) // takes no time
		if late.Load() {
			t.Error("it is late in virtual time")
		}
		w.Begin(time.Millisecond)
		for !late.Load() {
			runtime.Gosched()
		}
		w.End()
	}); err != nil {
		t.Fatal(err)
	}
}
