package origins

// This file owns what is known of the rendered lines, and writes it as the protocol has it.

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	y3 "go.yaml.in/yaml/v3"

	"sluice.dev/renderers/protocol"
)

// lineOrigins are the marks of one line, and whether the whole file proves them.
type lineOrigins struct {
	places []place
	proved bool
}

// knowledge is by rendered file, then by line.
type knowledge struct {
	templates map[string][]lineOrigins
	values    map[string][][]spot
	// sources are the files of the checkout by the names that output is labelled with.
	sources map[string]string
}

// learn puts a line down to a value, and the keys above it, as far as they are the keys that stand above the value.
func (k *knowledge) learn(s *session, name string, line int, at spot) {
	values := k.values[name]
	if line >= len(values) {
		return
	}
	put(values, line, at)
	if at.value == nil || len(at.value.keys) == 0 {
		return
	}
	lines := s.lines(name)
	depth := len(at.value.keys) - 1
	if at.value.keys[depth] == "#" {
		depth--
	} else if keyOf(lines[line]) != at.value.keys[depth] {
		return
	}
	indent := indentOf(lines[line])
	for above := line - 1; above >= 0 && depth >= 0; above-- {
		text := lines[above]
		// A sequence may begin at the column of its key.
		isOwn := keyOf(text) == at.value.keys[depth] && indentOf(text) == indent
		if strings.TrimSpace(text) == "" || indentOf(text) >= indent && at.value.keys[depth] != "#" && !isOwn {
			continue
		}
		indent = indentOf(text)
		for depth > 0 && keyOf(text) != at.value.keys[depth] {
			depth--
		}
		if keyOf(text) != at.value.keys[depth] || k.isLiteral(name, above) {
			return
		}
		if len(values[above]) == 0 && at.value.keyLines[depth] > 0 && !s.keys.shared(at.value.keys[:depth+1], at.file) {
			put(values, above, spot{file: at.file, line: at.value.keyLines[depth]})
		}
		depth--
	}
}

// put keeps a place once.
func put(values [][]spot, line int, at spot) {
	for _, known := range values[line] {
		if known.file == at.file && known.line == at.line {
			return
		}
	}
	values[line] = append(values[line], at)
}

// isLiteral says whether a line stands in the template as it reads.
func (k *knowledge) isLiteral(name string, line int) bool {
	lines := k.templates[name]
	if line >= len(lines) || len(lines[line].places) == 0 {
		return true
	}
	places := lines[line].places
	return places[len(places)-1].spot.verbatim
}

// keyOf is the key that a line of YAML begins with.
func keyOf(line string) string {
	text := strings.TrimLeft(line, " -")
	key, _, found := strings.Cut(text, ":")
	if !found {
		return ""
	}
	return strings.Trim(key, `"'`)
}

// indentOf is the column that a line's key begins at: past the dashes of items.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " -")) }

// open are the words of lines that are not literal and that are not known to be values: by text, the keys they stand under.
func (k *knowledge) open(s *session) map[string]map[string]bool {
	open := map[string]map[string]bool{}
	for _, name := range s.names() {
		for i, line := range s.lines(name) {
			if k.isLiteral(name, i) {
				continue
			}
			for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\"':,=[]{}/", r) }) {
				if k.isKnown(name, i, word) {
					continue
				}
				if open[word] == nil {
					open[word] = map[string]bool{}
				}
				open[word][keyOf(line)] = true
			}
		}
	}
	return open
}

// isKnown says whether a word of a line is known to be a value.
func (k *knowledge) isKnown(name string, line int, word string) bool {
	if line >= len(k.values[name]) {
		return false
	}
	return slices.ContainsFunc(k.values[name][line], func(s spot) bool { return s.value != nil && s.value.text == word })
}

// entry is one origin, before files have numbers.
type entry struct {
	line, column int
	at           spot
	exact        bool
}

// respond writes what is known of each printed line: its own origin, and that of each key and value on it.
func (k *knowledge) respond(s *session, response *protocol.Response) {
	whole := s.asked.CRDs
	lines := outline(string(s.asked.Text), s.clean, whole)
	var entries []entry
	for i, t := range lines {
		if t.header {
			if file := k.sources[t.name]; file != "" {
				entries = append(entries, entry{i + 1, 0, spot{file: file, line: k.firstLine(t, file)}, false})
			}
			continue
		}
		if at, exact, ok := k.at(t, 1<<30, whole); ok {
			entries = append(entries, entry{i + 1, 0, spot{file: at.file, line: at.line}, exact})
		}
	}
	eachPlace(s.asked.Text, func(line, column int) {
		if line > len(lines) || lines[line-1].name == "" || lines[line-1].header {
			return
		}
		if at, exact, ok := k.at(lines[line-1], column, whole); ok {
			entries = append(entries, entry{line, column, at, exact})
		}
	})
	values := k.printedValues(lines)
	slices.SortStableFunc(values, func(a, b entry) int {
		return cmp.Or(a.line-b.line, cmp.Compare(a.at.file, b.at.file), a.at.line-b.at.line)
	})
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Or(a.line-b.line, a.column-b.column) })
	entries = slices.CompactFunc(entries, func(a, b entry) bool { return a.line == b.line && a.column == b.column })
	write(entries, values, response)
}

// firstLine is the line of a file that a document begins with.
func (k *knowledge) firstLine(t taken, file string) int {
	lines := k.templates[t.name]
	for i := t.line; i < len(lines); i++ {
		for _, p := range lines[i].places {
			if p.spot.file == file {
				return p.spot.line
			}
		}
	}
	return 1
}

// at finds the origin of a column of a line: the last mark before it.
func (k *knowledge) at(t taken, column int, whole map[string]string) (spot, bool, bool) {
	if t.name == "" {
		return spot{}, false, false
	}
	if _, ok := whole[t.name]; ok {
		at := spot{file: k.sources[t.name], line: t.line + 1, column: column}
		if column == 1<<30 {
			at.column = 0
		}
		return at, at.file != "", at.file != ""
	}
	lines := k.templates[t.name]
	if t.line >= len(lines) {
		return spot{}, false, false
	}
	var best *place
	for i, p := range lines[t.line].places {
		if best == nil || p.column <= column+t.shift {
			best = &lines[t.line].places[i]
		}
	}
	if best == nil {
		return spot{}, false, false
	}
	at := best.spot
	if at.verbatim && column != 1<<30 && column+t.shift > best.column {
		at.column += column + t.shift - best.column
	}
	return at, lines[t.line].proved, true
}

// printedValues are the values of printed lines.
func (k *knowledge) printedValues(lines []taken) []entry {
	var values []entry
	for i, t := range lines {
		if known := k.values[t.name]; !t.header && t.name != "" && t.line < len(known) {
			for _, at := range known[t.line] {
				values = append(values, entry{line: i + 1, at: at})
			}
		}
	}
	return values
}

// eachPlace visits the places of keys and scalars. A document that does not parse has only its lines.
func eachPlace(text []byte, visit func(line, column int)) {
	lines := bytes.SplitAfter(text, []byte("\n"))
	first := 0
	for i := range lines {
		if i+1 < len(lines) && !bytes.Equal(lines[i+1], []byte("---\n")) {
			continue
		}
		var n y3.Node
		if y3.Unmarshal(bytes.Join(lines[first:i+1], nil), &n) == nil {
			visitNodes(&n, first, visit)
		}
		first = i + 1
	}
}

func visitNodes(n *y3.Node, before int, visit func(line, column int)) {
	if n.Kind == y3.ScalarNode || n.Style&y3.FlowStyle != 0 || n.Kind == y3.SequenceNode {
		visit(before+n.Line, n.Column)
	}
	for _, inner := range n.Content {
		visitNodes(inner, before, visit)
	}
}

// write numbers the files.
func write(entries, values []entry, response *protocol.Response) {
	for _, e := range append(slices.Clone(entries), values...) {
		response.Files = append(response.Files, e.at.file)
	}
	slices.Sort(response.Files)
	response.Files = slices.Compact(response.Files)
	index := func(file string) int {
		i, _ := slices.BinarySearch(response.Files, file)
		return i
	}
	for _, e := range entries {
		exact := 0
		if e.exact {
			exact = 1
		}
		response.Origins = append(response.Origins, protocol.Origin{e.line, e.column, index(e.at.file), e.at.line, e.at.column, exact})
	}
	for _, e := range values {
		response.Values = append(response.Values, protocol.Value{e.line, index(e.at.file), e.at.line})
	}
}
