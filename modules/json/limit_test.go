package json

import (
	"testing"

	"silly/internal/lua/value"
	"silly/modules/internal/document"
)

// TestEncodingIsBounded: tables that lie in each other several times could become any size.
func TestEncodingIsBounded(t *testing.T) {
	t.Parallel()
	e := encoder{poll: func() {}, buf: make([]byte, document.MaxBytes+1)}
	problem := e.value(value.NewTable(0, 0).Value())
	if problem != "a text of more than 268435456 bytes is not made" {
		t.Errorf("the problem is %q", problem)
	}
}
