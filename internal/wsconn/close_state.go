package wsconn

// A closeState is how far the end of a connection has come (RFC 6455 section 7). It only ever moves down this list.
type closeState uint8

const (
	stateOpen          closeState = iota
	stateCloseSent                // a close frame was sent; its sender reads on
	stateCloseReceived            // the peer's close frame was read; it has no answer yet
	stateExchanged                // both: the next Flush ends the connection
	stateClosing                  // nothing is sent or returned any more; the connection ends in the background
	stateClosed                   // the connection is gone
	closeStates
)

// A closeEvent moves a closeState.
type closeEvent uint8

const (
	sendClose     closeEvent = iota // this side queues a close frame
	receiveClose                    // a reader has got the peer's
	beginClosing                    // somebody begins to end the connection
	finishClosing                   // and has done so
	closeEvents
)

// closeTransitions says what an event makes of a state. What is not in it has no effect: there is one close frame for each
// direction, and one goroutine that ends the connection.
var closeTransitions = [closeStates][closeEvents]closeState{
	stateOpen:          {sendClose: stateCloseSent, receiveClose: stateCloseReceived, beginClosing: stateClosing},
	stateCloseSent:     {receiveClose: stateExchanged, beginClosing: stateClosing},
	stateCloseReceived: {sendClose: stateExchanged, beginClosing: stateClosing},
	stateExchanged:     {beginClosing: stateClosing},
	stateClosing:       {finishClosing: stateClosed},
	stateClosed:        {},
}

// on moves the state, and reports whether the event had an effect.
func (s *closeState) on(event closeEvent) bool {
	next := closeTransitions[*s][event]
	if next == stateOpen { // to which nothing leads
		return false
	}
	*s = next
	return true
}

// sendsControl reports whether pings and pongs of the connection's own may be sent: until its close frame.
func (s closeState) sendsControl() bool { return s == stateOpen || s == stateCloseReceived }

// received reports whether a reader has got the peer's close frame and the connection is still there to be ended.
func (s closeState) received() bool { return s == stateCloseReceived || s == stateExchanged }

// ended reports whether this side has said that it ends the connection, or has lost it.
func (s closeState) ended() bool { return !s.sendsControl() }

// final reports whether nothing is sent or returned any more.
func (s closeState) final() bool { return s >= stateClosing }
