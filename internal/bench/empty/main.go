// Command empty is a Go program that only imports net/http: what the start of silly is compared with.
package main

import _ "net/http"

func main() {}
