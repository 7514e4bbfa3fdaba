-- silly.signal, as far as a host without signals has it; cmd/silly tests the rest.
local signal = require "silly.signal"

eq(type(signal), "function")
eq(signal("SIGUSR2", function() end), nil)
fails("bad argument #1 to 'signal' %(string expected, got no value%)", signal)
fails("bad argument #2 to 'signal' %(function expected, got nil%)", signal, "SIGTERM", nil)
