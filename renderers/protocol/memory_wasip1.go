package protocol

import (
	"runtime"
	"runtime/debug"
)

// growth is how far the heap may grow, in percent of what is in use, before garbage is collected. A render is short and has
// an instance to itself: collecting is worth little until memory gets scarce.
const growth = 400

func init() { debug.SetGCPercent(growth) }

// Settle ends what the collector has begun. A snapshot that is taken amid its work would go on with it in every render, which
// then takes a third longer.
func Settle() { runtime.GC() }

// limit says how much memory there is. The collector works harder when that much is nearly in use.
//
//go:wasmexport limit
func limit(bytes int64) { debug.SetMemoryLimit(bytes) }
