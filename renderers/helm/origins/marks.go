package origins

// This file owns marks: short texts that are carried along by what a template does, and found again in the output.

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// A mark is a number in Lisu letters: they are printed as they are by quoting and by YAML, and stand in no manifest.
const (
	opens  = '\uA4D0'
	closes = '\uA4D1'
	zero   = '\uA4E0'
)

var (
	markPattern = regexp.MustCompile(string(opens) + "[" + string(zero) + "-" + string(zero+9) + "]+" + string(closes))
	lineStart   = regexp.MustCompile(`(?m)^[ \t]*[^\s]`)
)

// spot is what a mark stands for: a place in a file. Column 0 is the line as a whole.
type spot struct {
	file         string
	line, column int
	// verbatim says that what follows the mark is written there as it reads, so that columns go on.
	verbatim bool
	// value is the scalar of a file of values, for its neighbours.
	value *scalar
}

// marks are those of one render.
type marks struct{ spots []spot }

// add makes a mark for a place.
func (m *marks) add(s spot) string {
	m.spots = append(m.spots, s)
	digits := strings.Map(func(r rune) rune { return r - '0' + zero }, strconv.Itoa(len(m.spots)-1))
	return string(opens) + digits + string(closes)
}

// of finds what a mark stands for.
func (m *marks) of(mark string) (spot, bool) {
	digits := strings.Map(func(r rune) rune {
		if r >= zero && r <= zero+9 {
			return r - zero + '0'
		}
		return -1
	}, mark)
	n, err := strconv.Atoi(digits)
	if err != nil || n >= len(m.spots) {
		return spot{}, false
	}
	return m.spots[n], true
}

// marked says whether a text could be taken for one with marks.
func marked(text string) bool {
	return strings.ContainsRune(text, opens) || strings.ContainsRune(text, closes)
}

func strip(text string) string {
	if !marked(text) {
		return text
	}
	return markPattern.ReplaceAllString(text, "")
}

// stripAny takes the marks off strings and lists of strings, for functions that look at what they get. A map stays itself:
// `set` writes to it.
func stripAny(value any) any {
	switch v := value.(type) {
	case string:
		return strip(v)
	case []any:
		stripped := make([]any, len(v))
		for i := range v {
			stripped[i] = stripAny(v[i])
		}
		return stripped
	case []string:
		stripped := make([]string, len(v))
		for i := range v {
			stripped[i] = strip(v[i])
		}
		return stripped
	}
	return value
}

// markLines puts a mark before the first character of each line that is not blank: indenting, trimming and asking for
// emptiness see no difference.
func markLines(mark, text string) string {
	return lineStart.ReplaceAllStringFunc(text, func(start string) string {
		rest := strings.TrimLeft(start, " \t")
		return start[:len(start)-len(rest)] + mark + rest
	})
}

// printed is what an action prints, marked.
func printed(mark string, value any) any {
	if value == nil {
		return "<no value>"
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.Pointer && !v.IsNil() {
		value = v.Elem().Interface()
	}
	return markLines(mark, fmt.Sprint(value))
}

// place is a mark in a line, by the column that it stands before once all marks are gone.
type place struct {
	column int
	spot   spot
}

// read splits a line into its text and its marks.
func (m *marks) read(line string) (text string, found []place) {
	if !marked(line) {
		return line, nil
	}
	var b strings.Builder
	column, end := 1, 0
	for _, at := range markPattern.FindAllStringIndex(line, -1) {
		before := line[end:at[0]]
		b.WriteString(before)
		column += len([]rune(before))
		if s, ok := m.of(line[at[0]:at[1]]); ok {
			found = append(found, place{column, s})
		}
		end = at[1]
	}
	b.WriteString(line[end:])
	return b.String(), found
}
