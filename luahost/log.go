package luahost

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"silly/luahost/hostlog"
)

// Log is where the host and its scripts log. Any goroutine may call it.
func (e *Env) Log() *hostlog.Log { return e.host.log }

// Logf logs an error of the host itself. Any goroutine may call it.
func (e *Env) Logf(format string, args ...any) { e.host.logf(slog.LevelError, format, args...) }

// LogError logs an error with its traceback. Any goroutine may call it.
func (e *Env) LogError(failure *Error) { e.host.LogError(failure) }

// logf logs what the host has to say. Any goroutine may call it.
func (h *Host) logf(level slog.Level, format string, args ...any) {
	h.log.Write(level, 0, "", fmt.Sprintf(format, args...))
}

// logPanic logs a Go panic with its stack.
func (h *Host) logPanic(where string, r any) {
	h.logf(slog.LevelError, "internal error in %s: %v\n%s", where, r, debug.Stack())
}

// LogError logs an error with its traceback.
func (h *Host) LogError(failure *Error) {
	h.log.Write(slog.LevelError, failure.Trace, "", failure.Details())
}

// Details is the message with the traceback, if there is one.
func (e *Error) Details() string {
	if len(e.Traceback) == 0 {
		return e.Message
	}
	return e.Message + "\n" + FormatTraceback(e.Traceback)
}

// Settings are those of a program's arguments that have the form --key=value. Of two with the same key the last one
// counts.
func Settings(arguments []string) map[string]string {
	settings := make(map[string]string)
	for _, argument := range arguments {
		key, text, ok := strings.Cut(argument, "=")
		if key, long := strings.CutPrefix(key, "--"); ok && long && key != "" {
			settings[key] = text
		}
	}
	return settings
}

// Arguments are those of the program that runs, without the script's name; nil when none does.
func (e *Env) Arguments() []string { return e.host.arguments }

// Setting is a setting of the program: one of its arguments, or what the module that keeps the settings says. The
// caller holds the VM lock.
func (e *Env) Setting(key string) (text string, ok bool) {
	if e.host.setting != nil {
		return e.host.setting(key)
	}
	text, ok = Settings(e.host.arguments)[key]
	return text, ok
}

// KeepSettings makes a function say what the settings are from now on. It is called with the VM lock held, and so is
// KeepSettings.
func (e *Env) KeepSettings(setting func(key string) (text string, ok bool)) { e.host.setting = setting }
