// Package bench holds what the speed and the memory of silly are measured with. docs/performance.md says
// what is measured and how.
//
//	scripts       the Lua servers
//	baseline      the same servers in plain Go
//	empty         a Go program that only imports net/http
//	load          the load generator, which speaks raw frames
//	profiled      a silly that writes profiles, and profile, which baseline uses too
//	cmd/bench     runs servers and generator and prints the table
//	gopherlua     plain gopher-lua, which runs a Lua file
//	cmd/luabench  runs the programs of testdata/luabench and prints the table
//	report        what both print
//
// The package itself has the benchmarks of single operations, and tests that count allocations and bytes
// but measure no time.
package bench
