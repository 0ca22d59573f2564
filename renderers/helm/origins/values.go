package origins

// This file owns values: the scalars of the chart's files of values, of the user's, and of those set one by one, and how
// each is marked or changed.

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	y3 "go.yaml.in/yaml/v3"
)

// The names under which values set one by one are told, with their index from 1 as the line.
const (
	setFile       = "--set"
	setStringFile = "--set-string"
)

// scalar is one value that someone chose.
type scalar struct {
	file string
	line int
	// keys are the keys above it, from the top; an index of a sequence is `#`.
	keys []string
	// keyLines are the lines that the keys stand on; 0 for an index.
	keyLines []int
	text     string
	kind     scalarKind
}

type scalarKind uint8

const (
	isText scalarKind = iota
	isInteger
	isBoolean
	isOther
)

// edits are what is done to scalars in a render: for each, the text that stands in its place.
type edits func(s *scalar, text string) (replaced string, do bool)

// bareWord matches what YAML 1.1 reads as a boolean and this parser as text.
var bareWord = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|~)$`)

// editYAML changes the scalars of a file of values. The file is left alone where nothing is changed or it does not parse.
func editYAML(file string, data []byte, change edits, rename func(*scalar, string) string) []byte {
	decoder := y3.NewDecoder(bytes.NewReader(data))
	var out bytes.Buffer
	encoder := y3.NewEncoder(&out)
	changed := false
	for {
		var n y3.Node
		if err := decoder.Decode(&n); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return data
		}
		v := visitor{scalar: func(n *y3.Node, s *scalar) {
			if text, do := change(s, n.Value); do {
				n.Value, changed = text, true
			}
		}}
		if rename != nil {
			v.key = func(n *y3.Node, s *scalar) {
				if text := rename(s, n.Value); text != n.Value {
					n.Value, changed = text, true
				}
			}
		}
		v.walk(&n, &scalar{file: file})
		if encoder.Encode(&n) != nil {
			return data
		}
	}
	if encoder.Close() != nil || !changed {
		return data
	}
	return out.Bytes()
}

// visitor visits scalars and keys in the order of the file. What an alias stands for is visited at its anchor.
type visitor struct {
	scalar func(*y3.Node, *scalar)
	// key may be nil; it gets the key's own place.
	key func(*y3.Node, *scalar)
}

func (v visitor) walk(n *y3.Node, at *scalar) {
	switch n.Kind {
	case y3.DocumentNode:
		for _, inner := range n.Content {
			v.walk(inner, at)
		}
	case y3.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			inner := at.under(key.Value, key.Line)
			inner.line = key.Line
			v.walk(n.Content[i+1], inner)
			if v.key != nil && key.Kind == y3.ScalarNode && key.ShortTag() == "!!str" {
				v.key(key, inner)
			}
		}
	case y3.SequenceNode:
		for _, item := range n.Content {
			v.walk(item, at.under("#", 0))
		}
	case y3.ScalarNode:
		s := *at
		s.line, s.text, s.kind = n.Line, n.Value, kindOf(n)
		if n.Style&y3.LiteralStyle != 0 {
			s.line++ // the text begins on the next line
		}
		v.scalar(n, &s)
	case y3.AliasNode:
	}
}

func (s *scalar) under(key string, line int) *scalar {
	inner := *s
	inner.keys = append(inner.keys[:len(inner.keys):len(inner.keys)], key)
	inner.keyLines = append(inner.keyLines[:len(inner.keyLines):len(inner.keyLines)], line)
	return &inner
}

func kindOf(n *y3.Node) scalarKind {
	switch {
	case n.ShortTag() == "!!str" && !(n.Style == 0 && bareWord.MatchString(n.Value)):
		return isText
	case n.ShortTag() == "!!int":
		return isInteger
	case n.ShortTag() == "!!bool":
		return isBoolean
	}
	return isOther
}

// editSet changes the values of one argument of `--set`, whose parts are `name=value` with commas between.
func editSet(file string, index int, argument string, asText bool, change edits) string {
	var b strings.Builder
	for i, part := range splitSet(argument) {
		if i > 0 {
			b.WriteByte(',')
		}
		name, value, found := strings.Cut(part, "=")
		b.WriteString(name)
		if !found {
			continue
		}
		b.WriteByte('=')
		s := &scalar{file: file, line: index, keys: strings.Split(name, "."), text: value, kind: isText}
		s.keyLines = make([]int, len(s.keys))
		if !asText {
			s.kind = kindOfSet(value)
		}
		if text, do := change(s, value); do && !strings.HasPrefix(value, "{") {
			value = text
		}
		b.WriteString(value)
	}
	return b.String()
}

// kindOfSet is what Helm takes an argument's value for.
func kindOfSet(value string) scalarKind {
	if _, err := strconv.ParseInt(value, 10, 64); err == nil && (value == "0" || !strings.HasPrefix(value, "0")) {
		return isInteger
	}
	switch {
	case strings.EqualFold(value, "true"), strings.EqualFold(value, "false"):
		return isBoolean
	case value == "", strings.EqualFold(value, "null"):
		return isOther
	}
	return isText
}

// splitSet splits at commas that are not escaped and not in braces.
func splitSet(argument string) []string {
	var parts []string
	start, depth := 0, 0
	for i := 0; i < len(argument); i++ {
		switch argument[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, argument[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, argument[start:])
}

// tagged marks every text, line by line where its lines stand in the file as they read.
func tagged(m *marks) edits {
	return func(s *scalar, text string) (string, bool) {
		if s.kind != isText || strings.TrimSpace(text) == "" || marked(text) {
			return "", false
		}
		lines := strings.SplitAfter(text, "\n")
		for i, line := range lines {
			where := spot{file: s.file, line: s.line, value: s}
			if len(lines) > 1 {
				where.line += i
			}
			lines[i] = markLines(m.add(where), line)
		}
		return strings.Join(lines, ""), true
	}
}
