package origins

// This file owns what is said of a rendered file whose YAML is wrong: which line of which template printed the line that is.

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// wrongYAML is what Helm says of a document: the file that it was cut from, and the line of the document.
var wrongYAML = regexp.MustCompile(`^YAML parse error on (\S+): .*\bline (\d+)\b`)

// Blame adds to what Helm says of YAML that is wrong the line of the template that printed it, in Helm's own manner. Where
// that is not known, the error stays as it is.
func Blame(asked Asked, err error) error {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(softMemory))
	defer silence()()
	told := wrongYAML.FindStringSubmatch(err.Error())
	if told == nil {
		return err
	}
	line, wrong := strconv.Atoi(told[2])
	text, known := asked.Files[told[1]]
	if wrong != nil || !known {
		return err
	}
	place, ok := printedBy(asked, told[1], lineOf(text, line))
	if !ok {
		return err
	}
	return fmt.Errorf("%w (%s)", err, place)
}

// lineOf is the line of a file, from 0, that is a line, from 1, of its first document that is no YAML.
func lineOf(text string, line int) int {
	for _, p := range cut(text) {
		var document any
		if yaml.Unmarshal([]byte(p.text), &document) != nil {
			return min(p.line+max(line, 1)-1, p.line+strings.Count(strings.TrimSpace(p.text), "\n"))
		}
	}
	return max(line, 1) - 1
}

// printedBy is the place in a template that a line of a rendered file was printed by, or the nearest line before it.
func printedBy(asked Asked, name string, line int) (string, bool) {
	asked.At = fromRoot(asked.At)
	files, err := filesOf(asked.Chart, asked.At)
	if err != nil {
		return "", false
	}
	for _, f := range files {
		if marked(string(f.data)) {
			return "", false
		}
	}
	s := &session{asked: asked, files: files, clean: asked.Files, split: map[string][]string{}}
	known := &knowledge{templates: map[string][]lineOrigins{}, values: map[string][][]spot{}}
	if s.markTemplates(known) != nil {
		return "", false
	}
	for ; line >= 0; line-- {
		at, _, ok := known.at(taken{name: name, line: line}, 1<<30, nil)
		if !ok {
			continue
		}
		for label, file := range known.sources {
			if file == at.file {
				return fmt.Sprintf("%s:%d", label, at.line), true
			}
		}
		return "", false
	}
	return "", false
}
