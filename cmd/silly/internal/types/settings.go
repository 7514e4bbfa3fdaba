package types

import (
	"encoding/json"
	"path/filepath"
)

// Library is a folder of definitions as .luarc.json has it.
func Library(folder string) string {
	text, err := json.Marshal(filepath.ToSlash(folder))
	if err != nil {
		panic(err) // it is a string
	}
	return string(text)
}

// Settings is a .luarc.json that tells the language server of a folder of definitions.
func Settings(folder string) string {
	return `{
  "$schema": "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json",
  "runtime.version": "Lua 5.4",
  "runtime.path": ["?.lua", "?/init.lua"],
  "workspace.library": [` + Library(folder) + `],
  "workspace.checkThirdParty": false
}
`
}
