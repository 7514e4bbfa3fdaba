// Package docs has the pages of the reference, for programs that show them.
package docs

import "embed"

// Pages are the pages as files: "silly.net.http.md".
//
//go:embed *.md
var Pages embed.FS
