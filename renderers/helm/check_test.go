package main

// This file owns the proof of what is told, by other means than the code under test.

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sluice.dev/renderers/protocol"
)

// describe writes each line with what is told of it.
func describe(r protocol.Response) string {
	lines := strings.Split(string(r.Text), "\n")
	notes := make([][]string, len(lines))
	for _, o := range r.Origins {
		note := fmt.Sprintf("%s:%d", r.Files[o[2]], o[3])
		if o[1] > 0 {
			note = fmt.Sprintf("%d %s:%d", o[1], note, o[4])
		}
		if o[5] == 0 {
			note += " unproved"
		}
		notes[o[0]-1] = append(notes[o[0]-1], note)
	}
	for _, v := range r.Values {
		notes[v[0]-1] = append(notes[v[0]-1], fmt.Sprintf("value %s:%d", r.Files[v[1]], v[2]))
	}
	var b strings.Builder
	for i, line := range lines {
		if strings.Contains(line, "password") {
			line = "  password: (any)"
		}
		fmt.Fprintf(&b, "%s\n", line)
		for _, note := range notes[i] {
			fmt.Fprintf(&b, "    <- %s\n", note)
		}
	}
	return b.String()
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("line %d of %s differs: told %q", i+1, file, g[min(i, len(g)-1)])
		}
	}
}

// score counts lines that hold something: all, told as proved, leading to the right line, wrong though told as proved; and
// values in the same way.
type score struct{ lines, proved, right, wrong, unchecked, values, rightValues, wrongValues int }

func (s *score) add(o score) {
	s.lines += o.lines
	s.proved += o.proved
	s.right += o.right
	s.wrong += o.wrong
	s.unchecked += o.unchecked
	s.values += o.values
	s.rightValues += o.rightValues
	s.wrongValues += o.wrongValues
}

// check changes what is written at each place that is told, by other means than the code under test, and looks whether the
// line changes.
func check(t *testing.T, r request, told protocol.Response) score {
	t.Helper()
	// Chance would change lines by itself: what is drawn twice differs in any case and is not checked.
	first, _ := ask(t, r, protocol.None)
	second, _ := ask(t, r, protocol.None)
	was, again := strings.Split(string(first.Text), "\n"), strings.Split(string(second.Text), "\n")
	byLine := map[int]protocol.Origin{}
	for _, o := range told.Origins {
		if old, ok := byLine[o[0]]; !ok || o[1] > old[1] {
			byLine[o[0]] = o
		}
	}
	var s score
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	for i, line := range was {
		text := strings.TrimSpace(line)
		if text == "" || text == "---" || strings.HasPrefix(text, "#") {
			continue
		}
		s.lines++
		o, ok := byLine[i+1]
		if !ok {
			t.Logf("unknown: %s", line)
			continue
		}
		if o[5] == 1 {
			s.proved++
		}
		if line != again[i] {
			s.unchecked++
			continue
		}
		file := told.Files[o[2]]
		now, err := changed(t, root, r, file, o[3], o[4], "Q")
		if err == nil && occurs(now, line) == occurs(was, line) {
			now, err = without(t, root, r, file, o[3], o[4]) // a letter is not in each line that an action prints
		}
		switch {
		case err != nil:
			s.unchecked++
		case occurs(now, line) < occurs(was, line): // a changed kind is printed elsewhere
			s.right++
		case o[5] == 1:
			s.wrong++
			t.Errorf("%q does not come from %s:%d:%d", line, file, o[3], o[4])
		}
	}
	for _, v := range told.Values {
		s.values++
		file := told.Files[v[1]]
		if strings.HasPrefix(file, "--set") {
			other := r
			other.Set, other.SetString = slices.Clone(r.Set), slices.Clone(r.SetString)
			list := other.Set
			if file == "--set-string" {
				list = other.SetString
			}
			list[v[2]-1] = strings.ReplaceAll(list[v[2]-1], "=", "=1")
			response, err := ask(t, other, protocol.None)
			if now := strings.Split(string(response.Text), "\n"); err == nil && len(now) == len(was) && now[v[0]-1] == was[v[0]-1] {
				s.wrongValues++
				t.Errorf("%q does not have its value from %s %s", was[v[0]-1], file, r.Set)
			} else {
				s.rightValues++
			}
			continue
		}
		switch follows(t, root, r, file, v[2], was, v[0]-1) {
		case 1:
			s.rightValues++
		case -1:
			s.wrongValues++
			t.Errorf("%q does not have its value from %s:%d", was[v[0]-1], file, v[2])
		}
	}
	return s
}

// changed renders with a letter before a place of a template or, where that is an action, without the action.
func changed(t *testing.T, root string, r request, file string, line, column int, letter string) ([]string, error) {
	t.Helper()
	now, err := edited(t, root, r, file, line, func(text string) string {
		if column == 0 {
			column = max(strings.Index(text, "{{"), 0) + 1
		}
		runes := []rune(text)
		return string(runes[:column-1]) + letter + string(runes[column-1:])
	})
	return now, err
}

// without renders without the action at a place.
func without(t *testing.T, root string, r request, file string, line, column int) ([]string, error) {
	t.Helper()
	return edited(t, root, r, file, line, func(text string) string {
		runes := []rune(text)
		before, rest := string(runes[:max(column-1, 0)]), string(runes[max(column-1, 0):])
		from, to := strings.Index(rest, "{{"), strings.Index(rest, "}}")
		if from < 0 || to < from {
			return text
		}
		return before + rest[:from] + rest[to+2:]
	})
}

// follows changes the words of a line of values one by one: 1 if the printed line ever changes, -1 if it never does though
// the values are read.
func follows(t *testing.T, root string, r request, file string, line int, was []string, at int) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	result := 0
	for _, word := range wordPattern.FindAllStringIndex(strings.Split(string(raw), "\n")[line-1], -1) {
		now, err := edited(t, root, r, file, line, func(text string) string {
			other := map[string]string{"true": "false", "false": "true"}[text[word[0]:word[1]]]
			if other == "" {
				first := text[word[0]] + 1
				if first == '9'+1 || first == 'z'+1 || first == 'Z'+1 {
					first -= 2
				}
				other = string(first) + text[word[0]+1:word[1]]
			}
			return text[:word[0]] + other + text[word[1]:]
		})
		if err == nil && occurs(now, was[at]) < occurs(was, was[at]) {
			return 1
		}
		if err == nil {
			result = -1
		}
	}
	return result
}

var wordPattern = regexp.MustCompile(`[A-Za-z0-9]+`)

// edited renders with one line of a file changed.
func edited(t *testing.T, root string, r request, file string, line int, change func(string) string) ([]string, error) {
	t.Helper()
	name := filepath.Join(root, file)
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile(name, raw, 0o644)
	lines := strings.Split(string(raw), "\n")
	lines[line-1] = change(lines[line-1])
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Getwd()
	defer os.Chdir(before)
	if err := os.Chdir(root); err != nil {
		t.Fatal(err)
	}
	response, err := ask(t, r, protocol.None)
	return strings.Split(string(response.Text), "\n"), err
}

func occurs(lines []string, line string) (n int) {
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}
