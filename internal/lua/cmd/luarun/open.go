package main

import "silly/internal/lua/vm"

func open(m *vm.VM) {}
