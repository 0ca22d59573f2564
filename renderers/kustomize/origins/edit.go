package origins

// This file owns changes to a source's text: each puts a mark of its own before a scalar's value, in place, so that nothing
// else of the file changes.

import (
	"fmt"
	"slices"
	"strings"

	y3 "go.yaml.in/yaml/v3"
)

// edit replaces the bytes from..to of a file.
type edit struct {
	file     string
	from, to int
	text     string
	// marks are what a value that moved shows, and of is the source that was changed.
	mark string
	of   *source
}

// apply makes the changes, which do not overlap.
func apply(raw string, edits []edit) string {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var b strings.Builder
	end := 0
	for _, e := range edits {
		if e.from < end || e.to > len(raw) {
			continue
		}
		b.WriteString(raw[end:e.from])
		b.WriteString(e.text)
		end = e.to
	}
	b.WriteString(raw[end:])
	return b.String()
}

// mark is the n-th text that no source holds: it may stand in names and numbers alike.
func (m marks) mark(n int) string { return fmt.Sprintf("%s%05dq", m.prefix, n) }

// marks makes texts that occur in none of the files.
type marks struct{ prefix string }

func newMarks(files []*file) marks {
	prefix := "zq"
	for _, f := range files {
		for strings.Contains(f.raw, prefix) {
			prefix = prefix[:1] + "j" + prefix[1:]
		}
	}
	return marks{prefix}
}

// number is what stands for a mark where only a number will do.
func number(n int) string { return fmt.Sprint(7310000 + n) }

// marked is the change that marks a source, if its text can be told.
func marked(s *source, f *file, mark string) (edit, bool) {
	if s.spot != nil {
		return edit{file: s.file, from: s.spot.from, to: s.spot.from, text: mark, mark: mark, of: s}, true
	}
	start, ok := f.offset(s.place)
	if !ok {
		return edit{}, false
	}
	rest := f.raw[start:]
	if line, _, _ := strings.Cut(rest, "\n"); true {
		start += len(line) - len(skipProperties(line))
		rest = f.raw[start:]
	}
	insert := func(skip int) (edit, bool) {
		return edit{file: s.file, from: start + skip, to: start + skip, text: mark, mark: mark, of: s}, true
	}
	switch {
	case s.style&(y3.DoubleQuotedStyle|y3.SingleQuotedStyle) != 0:
		return insert(1)
	case s.style&(y3.LiteralStyle|y3.FoldedStyle) != 0:
		header := strings.IndexByte(rest, '\n') + 1
		text := strings.TrimLeft(rest[header:], " \r\n")
		if header == 0 || strings.TrimSpace(s.value) == "" || !strings.HasPrefix(text, firstLineOf(s.value)) {
			return edit{}, false
		}
		return insert(len(rest) - len(text))
	case s.value == "" || !strings.HasPrefix(rest, firstLineOf(s.value)):
		return edit{}, false
	case strings.HasPrefix(rest, s.value) && !strings.ContainsAny(s.value, `"\`) && (s.in.inline == nil || s.in.inline.style&y3.DoubleQuotedStyle == 0):
		return edit{file: s.file, from: start, to: start + len(s.value), text: `"` + mark + s.value + `"`, mark: mark, of: s}, true
	}
	return insert(0)
}

// numbered is the change that gives an integer another value.
func numbered(s *source, f *file, n int) (edit, bool) {
	start, ok := f.offset(s.place)
	if !ok || !strings.HasPrefix(f.raw[start:], s.value) {
		return edit{}, false
	}
	return edit{file: s.file, from: start, to: start + len(s.value), text: number(n), mark: number(n), of: s}, true
}

func firstLineOf(value string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(value, " \n"), "\n")
	// A plain scalar over several lines reads with spaces where it has line ends.
	word, _, _ := strings.Cut(line, " ")
	return word
}

// offset is where a place is in a file's bytes.
func (f *file) offset(p place) (int, bool) {
	if f.lines == nil {
		f.lines = []int{0}
		for i := range len(f.raw) {
			if f.raw[i] == '\n' {
				f.lines = append(f.lines, i+1)
			}
		}
	}
	if p.line < 1 || p.line > len(f.lines) || p.column < 1 {
		return 0, false
	}
	at := f.lines[p.line-1]
	line, _, _ := strings.Cut(f.raw[at:], "\n")
	return at + len(line) - len(fromColumn(line, p.column)), true
}
