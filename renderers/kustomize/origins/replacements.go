package origins

// This file owns what replacements write to and read from: there, a node tells less than elsewhere.

import (
	"regexp"
	"slices"
	"strings"
)

var (
	replacedTo   = regexp.MustCompile(`(^|/)targets/\d+/fieldPaths/\d+$`)
	replacedFrom = regexp.MustCompile(`(^|/)source/fieldPath$`)
	selects      = regexp.MustCompile(`(^|/)targets/\d+/select/(name|kind)$`)
	targetsPath  = regexp.MustCompile(`(^|.*/)targets/\d+`)
)

// overwritten are the fields that replacements write to, as paths whose token `*` is any: there, a node that says what the
// file says may still say it because of a replacement.
func overwritten(r *reads) [][]string {
	paths := fieldPaths(r, replacedTo)
	if len(fieldPaths(r, selects)) > 0 {
		paths = append(paths, []string{"metadata", "name"}) // a target that names no field means this one
	}
	return paths
}

// fieldPaths are the values of fields that name fields.
func fieldPaths(r *reads, pattern *regexp.Regexp) [][]string {
	var paths [][]string
	for _, f := range r.sorted() {
		for _, d := range f.documents {
			if !strings.Contains(d.text, "targets") {
				continue
			}
			d.parse()
			for _, s := range d.sources {
				if pattern.MatchString(s.path) && !(pattern == selects && d.says(s.path)) {
					paths = append(paths, fieldPath(s.value))
				}
			}
		}
	}
	return paths
}

// says whether the target that a selecting field belongs to names fields.
func (d *document) says(selecting string) bool {
	target := targetsPath.FindString(selecting)
	return slices.ContainsFunc(d.sources, func(s *source) bool { return strings.HasPrefix(s.path, target+"/fieldPaths/") })
}

// fieldPath splits the path of a replacement; what picks an item is any item.
func fieldPath(text string) []string {
	var tokens []string
	var b strings.Builder
	depth := 0
	flush := func() {
		token := b.String()
		if strings.HasPrefix(token, "[") {
			token = "*"
		}
		tokens = append(tokens, token)
		b.Reset()
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case c == '.' && depth == 0:
			flush()
		default:
			if c == '[' {
				depth++
			} else if c == ']' {
				depth--
			}
			b.WriteByte(c)
		}
	}
	flush()
	return tokens
}

// touches says whether a path of a replacement and a pointer name the same field, or one holds the other.
func touches(path []string, pointer string) bool {
	tokens := strings.Split(pointer, "/")[1:]
	for i := range min(len(path), len(tokens)) {
		if path[i] != "*" && path[i] != last("/"+tokens[i]) {
			return false
		}
	}
	return true
}
