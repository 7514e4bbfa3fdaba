// Package validate finds the Lua examples of Markdown files and runs them: it is what silly validate does
// between its command line and its reports.
package validate
