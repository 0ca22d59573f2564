package origins

// This file owns keys of values that templates print: those that no template names.

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// markKeys marks keys of values that no template names and that stand in one place of the tree only: those are printed by
// templates that range over them or print them whole.
func (s *session) markKeys(known *knowledge) {
	named := map[string]bool{}
	for _, f := range s.files {
		if f.isTemplate() {
			for _, word := range words.FindAllString(string(f.data), -1) {
				named[word] = true
			}
		}
	}
	paths, at, m := map[string]string{}, map[string]spot{}, &marks{}
	s.rename = func(v *scalar, key string) string {
		path := strings.Join(v.keys, "\x00")
		if old, seen := paths[key]; seen && old != path {
			path = "" // more than one
		}
		paths[key], at[key] = path, spot{file: v.file, line: v.line}
		return key
	}
	nothing := func(*scalar, string) (string, bool) { return "", false }
	s.changed(s.files, nothing)
	s.changedValues(nothing)
	marked := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(paths)) {
		if paths[key] != "" && len(words.FindAllString(key, -1)) > 0 && !named[words.FindString(key)] && !named[key] {
			// Behind the key, as keys are printed in their order.
			marked[key] = key + m.add(at[key])
		}
	}
	s.rename = func(_ *scalar, key string) string {
		if text, ok := marked[key]; ok {
			return text
		}
		return key
	}
	if len(marked) > 0 {
		// A chart that looks at its keys does not render with others; then nothing is learned.
		_ = s.learnMarked(known, m, nothing)
	}
	s.rename = nil
}

// words are what a template can name a key by.
var words = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_-]*`)
