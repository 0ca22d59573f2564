package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// plain writes warnings as lines of their own words: no time, no level.
type plain struct{}

func (plain) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (plain) Handle(_ context.Context, record slog.Record) error {
	var line strings.Builder
	line.WriteString(record.Message)
	record.Attrs(func(attribute slog.Attr) bool {
		fmt.Fprintf(&line, " %s=%v", attribute.Key, attribute.Value)
		return true
	})
	_, err := fmt.Fprintln(os.Stderr, line.String())
	return err
}

func (p plain) WithAttrs([]slog.Attr) slog.Handler { return p }

func (p plain) WithGroup(string) slog.Handler { return p }
