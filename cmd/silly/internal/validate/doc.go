// Package validate finds the Lua examples of Markdown files and runs them: it is what silly validate does
// between its command line and its reports.
//
// The way of an example through the files: internal/files reads the documents, Find the blocks in them, by
// their words (validate.go, words.go). Run makes chains of blocks that share a host and gives them to worker
// processes (worker.go), which run them (run.go) with what they may reach (sandbox.go) and send outcomes back. The
// parent makes results of these: judge.go by the words, expect.go and diff.go by the expected output, which
// Rewrite updates.
package validate
