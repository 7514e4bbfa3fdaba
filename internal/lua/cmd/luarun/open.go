package main

import (
	"silly/internal/lua/lib"
	"silly/internal/lua/vm"
)

func open(m *vm.VM) { lib.Open(m) }
