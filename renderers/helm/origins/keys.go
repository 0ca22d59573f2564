package origins

// This file owns keys of values that templates print: those that no template names.

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// keyPlaces are, for each key, the paths that it ends, with the files that hold them.
type keyPlaces map[string]map[string]map[string]bool

const separator = "\x00"

// places collects the keys of all values.
func (s *session) places() keyPlaces {
	places := keyPlaces{}
	s.eachValue(func(v *scalar) {
		for i, key := range v.keys {
			path := separator + strings.Join(v.keys[:i+1], separator)
			if places[key] == nil {
				places[key] = map[string]map[string]bool{}
			}
			if places[key][path] == nil {
				places[key][path] = map[string]bool{}
			}
			places[key][path][v.file] = true
		}
	})
	return places
}

// shared says whether another file may hold the same key: then neither is the one that is printed. A subchart's values are
// under its name in its parent's, so the end of a path is enough.
func (k keyPlaces) shared(keys []string, file string) bool {
	path := separator + strings.Join(keys, separator)
	for other, files := range k[keys[len(keys)-1]] {
		if !strings.HasSuffix(other, path) && !strings.HasSuffix(path, other) {
			continue
		}
		for f := range files {
			if f != file {
				return true
			}
		}
	}
	return false
}

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
	places := s.keys
	s.rename = func(v *scalar, key string) string {
		path := strings.Join(v.keys, separator)
		if old, seen := paths[key]; seen && old != path || places.shared(v.keys, v.file) {
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
