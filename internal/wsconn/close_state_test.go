package wsconn

import (
	"errors"
	"testing"

	"silly/internal/ws"
)

// TestCloseStates writes every transition out.
func TestCloseStates(t *testing.T) {
	t.Parallel()
	for from, want := range map[closeState][closeEvents]closeState{
		//                  sendClose           receiveClose        beginClosing  finishClosing
		stateOpen:          {stateCloseSent, stateCloseReceived, stateClosing, stateOpen},
		stateCloseSent:     {stateCloseSent, stateExchanged, stateClosing, stateCloseSent},
		stateCloseReceived: {stateExchanged, stateCloseReceived, stateClosing, stateCloseReceived},
		stateExchanged:     {stateExchanged, stateExchanged, stateClosing, stateExchanged},
		stateClosing:       {stateClosing, stateClosing, stateClosing, stateClosed},
		stateClosed:        {stateClosed, stateClosed, stateClosed, stateClosed},
	} {
		for event := range closeEvents {
			got := from
			if changed := got.on(event); got != want[event] || changed != (from != want[event]) {
				t.Errorf("event %d in state %d leads to state %d (%t), want %d", event, from, got, changed, want[event])
			}
		}
	}
}

// TestCloseStatesAllow says what may be done in which state.
func TestCloseStatesAllow(t *testing.T) {
	t.Parallel()
	for state, want := range map[closeState]struct{ sendsControl, received, ended, final bool }{
		stateOpen:          {sendsControl: true},
		stateCloseSent:     {ended: true},
		stateCloseReceived: {sendsControl: true, received: true},
		stateExchanged:     {received: true, ended: true},
		stateClosing:       {ended: true, final: true},
		stateClosed:        {ended: true, final: true},
	} {
		got := want
		got.sendsControl, got.received, got.ended, got.final = state.sendsControl(), state.received(), state.ended(), state.final()
		if got != want {
			t.Errorf("state %d: %+v, want %+v", state, got, want)
		}
	}
}

// closePayload is what a close frame with a code and a reason has.
func closePayload(code int, reason string) string {
	payload, err := ws.ClosePayload(code, reason)
	if err != nil {
		panic(err)
	}
	return payload
}

// TestFailurePayload: what the peer is told about an error.
func TestFailurePayload(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{ErrIdle, closePayload(ws.CloseGoingAway, "idle timeout")},
		{&ws.Error{Code: ws.CloseMessageTooBig, Text: "too big"}, closePayload(ws.CloseMessageTooBig, "")},
		{&ws.Error{Code: ws.CloseInvalidPayload, Text: "not utf-8"}, closePayload(ws.CloseInvalidPayload, "")},
		{errors.New("anything else"), closePayload(ws.CloseProtocolError, "")},
	} {
		if got := failurePayload(c.err); got != c.want {
			t.Errorf("%v: the payload is %q, want %q", c.err, got, c.want)
		}
	}
}
