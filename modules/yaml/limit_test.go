package yaml

import (
	"testing"

	"silly/internal/lua/value"
	"silly/modules/internal/document"
)

// TestEncodingIsBounded: tables that lie in each other several times could become any size.
func TestEncodingIsBounded(t *testing.T) {
	t.Parallel()
	e := encoder{poll: func() {}, count: document.MaxValues}
	if _, problem := e.value(value.NewTable(0, 0).Value()); problem != "more than 4000000 values are not encoded" {
		t.Errorf("the problem is %q", problem)
	}
}
