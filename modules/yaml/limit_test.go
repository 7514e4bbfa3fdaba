package yaml

import (
	"strings"
	"testing"

	"silly/internal/lua/value"
	"silly/modules/internal/document"
)

// TestEncodingIsBounded: tables that lie in each other several times could become any size.
func TestEncodingIsBounded(t *testing.T) {
	t.Parallel()
	e := encoder{poll: func() {}, count: document.MaxValues}
	problem := problemOf(&e, value.NewTable(0, 0).Value())
	if !strings.HasPrefix(problem, "more than ") && !strings.HasPrefix(problem, "a text of more than ") {
		t.Errorf("the problem is %q", problem)
	}
}

func problemOf(e *encoder, v value.Value) string {
	_, problem := e.value(v)
	return problem
}
