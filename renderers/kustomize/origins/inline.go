package origins

// This file owns documents that stand as text in a kustomization: patches, generators and transformers written in place.

import (
	"regexp"
	"strings"
	"unicode/utf8"

	y3 "go.yaml.in/yaml/v3"
)

// inlinePath matches the fields of a kustomization that may hold a document as text.
var inlinePath = regexp.MustCompile(`^/((patches|patchesJson6902)/\d+/patch|(patchesStrategicMerge|transformers|generators|validators)/\d+)$`)

// inlined makes documents of a scalar's text, both as written and trimmed: kustomize does now this, now that.
func inlined(s *source, raw string) []*document {
	if !strings.ContainsAny(s.value, "\n{[") {
		return nil // a path
	}
	documents := within(s, raw, s.value)
	if trimmed := strings.TrimSpace(s.value); trimmed != s.value {
		documents = append(documents, within(s, raw, trimmed)...)
	}
	return documents
}

// within splits a text of the scalar and tells where the pieces stand in the file.
func within(s *source, raw, text string) []*document {
	frame := frameOf(s, raw)
	before := strings.Count(s.value[:strings.Index(s.value, text)], "\n")
	documents := split(s.file, text)
	for i, d := range documents {
		d.inline, d.shift, d.lineOnly, d.vague = s, frame.shift, frame.lineOnly, frame.vague
		d.first += frame.first - 1 + before
		if i > 0 && frame.lineOnly {
			d.vague = true
		}
	}
	return documents
}

// frame is where a scalar's text stands: its first line, and how many columns come before it.
type frame struct {
	first, shift    int
	lineOnly, vague bool
}

func frameOf(s *source, raw string) frame {
	vague := frame{first: s.line, vague: true}
	lines := strings.Split(strings.ReplaceAll(raw, "\r\n", "\n"), "\n")
	if s.style&y3.LiteralStyle != 0 {
		return literalFrame(s, lines, vague)
	}
	if s.line > len(lines) {
		return vague
	}
	rest := skipProperties(fromColumn(lines[s.line-1], s.column))
	switch {
	case s.style&(y3.DoubleQuotedStyle|y3.SingleQuotedStyle) != 0:
		if len(rest) > 1 && strings.HasPrefix(rest[1:], s.value+rest[:1]) {
			return frame{first: s.line, shift: s.column}
		}
		if closes(rest) {
			return frame{first: s.line, lineOnly: true}
		}
	case s.style&y3.FoldedStyle == 0 && strings.HasPrefix(rest, s.value):
		return frame{first: s.line, shift: s.column - 1}
	}
	return vague
}

// literalFrame checks that the lines of a literal block stand in the file as they read, behind one indentation.
func literalFrame(s *source, lines []string, vague frame) frame {
	indent := -1
	for i, want := range strings.Split(strings.TrimRight(s.value, "\n"), "\n") {
		if s.line+i >= len(lines) {
			return vague
		}
		have := lines[s.line+i]
		if want == "" {
			continue
		}
		if indent < 0 {
			indent = len(have) - len(want)
		}
		if indent < 0 || len(have) < indent || have[indent:] != want || strings.Trim(have[:indent], " ") != "" {
			return vague
		}
	}
	return frame{first: s.line + 1, shift: max(indent, 0)}
}

// closes says whether a quoted scalar ends on the line that it begins on.
func closes(rest string) bool {
	if rest == "" {
		return false
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && rest[0] == '"':
			i++
		case rest[i] == rest[0] && rest[0] == '\'' && i+1 < len(rest) && rest[i+1] == '\'':
			i++
		case rest[i] == rest[0]:
			return true
		}
	}
	return false
}

// fromColumn is a line's text from a column on, which counts code points from 1.
func fromColumn(line string, column int) string {
	for range column - 1 {
		if line == "" {
			return ""
		}
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line
}

// skipProperties passes over a node's tag and anchor.
func skipProperties(text string) string {
	for strings.HasPrefix(text, "!") || strings.HasPrefix(text, "&") {
		_, rest, found := strings.Cut(text, " ")
		if !found {
			return ""
		}
		text = strings.TrimLeft(rest, " ")
	}
	return text
}
