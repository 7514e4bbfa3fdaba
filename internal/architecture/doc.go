// Package architecture has no code of its own. Its test holds the table of ARCHITECTURE.md against the imports of the code.
package architecture
