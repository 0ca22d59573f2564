package origins

// This file owns the way from a line of the printed set back to the line of the rendered file that it was taken from: Helm
// cuts files into documents, sorts them and prints each under its source.

import (
	"regexp"
	"strings"
	"unicode"
)

// piece is a document of a rendered file.
type piece struct {
	text string
	// line is the line of the file that it begins on, from 0, and shift how many columns its first line lost.
	line, shift int
	used        bool
}

var documentStart = regexp.MustCompile(`(?m)^---[ \t]*`)

// cut cuts a rendered file where Helm cuts it.
func cut(text string) []*piece {
	var pieces []*piece
	add := func(from, to int) {
		trimmed := strings.TrimLeftFunc(text[from:to], unicode.IsSpace)
		if trimmed == "" {
			return
		}
		start := to - len(trimmed)
		lineStart := strings.LastIndexByte(text[:start], '\n') + 1
		pieces = append(pieces, &piece{text: trimmed, line: strings.Count(text[:start], "\n"), shift: len([]rune(text[lineStart:start]))})
	}
	from := len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	end := from
	for _, at := range documentStart.FindAllStringIndex(text[from:], -1) {
		add(end, from+at[0])
		end = from + at[1]
	}
	add(end, len(text))
	return pieces
}

// taken says where a line of the printed set was taken from: the name of the rendered file, the line there from 0, and how
// many columns it lost. header is the line that names the source.
type taken struct {
	name   string
	line   int
	shift  int
	header bool
}

// outline tells for each line of the printed set where it was taken from. whole are files that are printed as they are.
func outline(printed string, rendered map[string]string, whole map[string]string) []taken {
	pieces := map[string][]*piece{}
	for name, text := range rendered {
		pieces[name] = cut(text)
	}
	for name, text := range whole {
		pieces[name] = append(pieces[name], &piece{text: text})
	}
	const lead = "# Source: "
	lines := strings.SplitAfter(printed, "\n")
	result := make([]taken, len(lines))
	at := 0
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		at += len(line)
		name, isHeader := strings.CutPrefix(strings.TrimSuffix(line, "\n"), lead)
		if !isHeader || i == 0 || lines[i-1] != "---\n" {
			continue
		}
		p := match(pieces[name], printed[at:])
		if p == nil {
			continue
		}
		p.used = true
		result[i-1], result[i] = taken{name: name, line: p.line, header: true}, taken{name: name, line: p.line, header: true}
		count := strings.Count(strings.TrimRightFunc(p.text, unicode.IsSpace), "\n") + 1
		for k := 0; k < count && i+1 < len(lines); k++ {
			i++
			at += len(lines[i])
			result[i] = taken{name: name, line: p.line + k}
			if k == 0 {
				result[i].shift = p.shift
			}
		}
	}
	return result
}

// match finds the first document of a file, not found before, that is printed here. The last one printed may have lost
// blank space at its end.
func match(pieces []*piece, rest string) *piece {
	for _, p := range pieces {
		if !p.used && strings.HasPrefix(rest, strings.TrimRightFunc(p.text, unicode.IsSpace)) {
			return p
		}
	}
	return nil
}
