package origins

// This file owns the order of work: the marked render, the render with marked values, trials, and what is told of each line.

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/engine"

	"sluice.dev/renderers/protocol"
)

// Values are what a user chose: files by path, and values set one by one.
type Values struct {
	Files     []UserFile
	Set       []string
	SetString []string
}

// UserFile is a file of values.
type UserFile struct {
	Path string
	Data []byte
}

// Asked is a render that was done, and how to do it again.
type Asked struct {
	// Chart was loaded from the path At of the checkout.
	Chart *chart.Chart
	At    string
	// Values are the user's.
	Values Values
	// Prepare gives what templates see, from a chart that was loaded anew. It does not hold values against the schema.
	Prepare func(*chart.Chart, Values) (common.Values, error)
	// Files are the rendered files, and Text is what was printed of them.
	Files map[string]string
	Text  []byte
	// CRDs are the files that were printed as they are, by the name they are labelled with.
	CRDs map[string]string
	// Recording holds what changing functions gave.
	Recording *Recording
	Level     protocol.Level
}

// session is one call.
type session struct {
	asked Asked
	files []chartFile
	clean map[string]string
	// split are the lines of the rendered files.
	split map[string][]string
	// rename changes the keys of values, where a render is to have them changed.
	rename func(*scalar, string) string
}

// lines are those of a rendered file.
func (s *session) lines(name string) []string {
	if s.split[name] == nil {
		s.split[name] = strings.Split(s.clean[name], "\n")
	}
	return s.split[name]
}

// Tell tells where the lines of a rendered set were written.
func Tell(asked Asked) (protocol.Response, error) {
	defer silence()()
	response := protocol.Response{Text: asked.Text}
	files, err := filesOf(asked.Chart, asked.At)
	if err != nil {
		return response, err
	}
	s := &session{asked: asked, files: files, clean: asked.Files, split: map[string][]string{}}
	for _, f := range files {
		if marked(string(f.data)) {
			response.Warnings = append(response.Warnings, fmt.Sprintf("cannot tell origins: `%s` holds letters that origins are marked with", f.origin))
			return response, nil
		}
	}
	known := &knowledge{templates: map[string][]lineOrigins{}, values: map[string][][]spot{}}
	if err := s.markTemplates(known); err != nil {
		response.Warnings = append(response.Warnings, "cannot tell more than the file of an object: "+oneLine(err))
	}
	if err := s.markValues(known); err != nil {
		response.Warnings = append(response.Warnings, "cannot tell origins of values: "+oneLine(err))
	}
	if asked.Level == protocol.All {
		s.markKeys(known)
		for _, f := range s.follow(known.open(s)) {
			known.learn(s, f.name, f.line, spot{file: f.value.file, line: f.value.line, value: f.value})
		}
	}
	known.respond(s, &response)
	return response, nil
}

// silence drops the warnings of further renders: they were given already.
func silence() func() {
	logger, stderr := slog.Default(), os.Stderr
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Stderr = nil
	return func() {
		os.Stderr = stderr
		slog.SetDefault(logger)
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// render loads changed files and renders them.
func (s *session) render(files []chartFile, values Values, more map[string]any) (map[string]string, map[string]string, error) {
	c, origins, err := load(files)
	if err != nil {
		return nil, nil, err
	}
	prepared, err := s.asked.Prepare(c, values)
	if err != nil {
		return nil, nil, err
	}
	functions := s.asked.Recording.replay()
	maps.Copy(functions, more)
	rendered, err := engine.Engine{CustomTemplateFuncs: functions}.RenderWithContext(context.Background(), c, prepared)
	if err != nil {
		return nil, nil, err
	}
	for name := range rendered {
		if _, ok := s.clean[name]; !ok {
			delete(rendered, name)
		}
	}
	return rendered, sources(c, origins), nil
}

// markTemplates renders marked templates and takes the marks of lines that are the same without them.
func (s *session) markTemplates(known *knowledge) error {
	m := &marks{}
	rendered, named, err := s.render(s.instrumented(m, false), s.asked.Values, functions())
	if err != nil {
		// The names still tell files.
		if c, origins, loadErr := load(s.files); loadErr == nil {
			if _, prepareErr := s.asked.Prepare(c, s.asked.Values); prepareErr == nil {
				known.sources = sources(c, origins)
			}
		}
		return err
	}
	known.sources = named
	for name, text := range s.clean {
		other, ok := rendered[name]
		if !ok {
			continue
		}
		same := strip(other) == text
		clean, withMarks := strings.Split(text, "\n"), strings.Split(other, "\n")
		lines := make([]lineOrigins, len(clean))
		if len(clean) == len(withMarks) {
			for i := range clean {
				if bare, places := m.read(withMarks[i]); bare == clean[i] {
					lines[i] = lineOrigins{places, same}
				}
			}
		}
		known.templates[name] = lines
	}
	return nil
}

// markValues renders with marked values and takes the marks of lines that are the same without them, quotes aside: what
// is a number in quotes needs none once it is marked.
func (s *session) markValues(known *knowledge) error {
	m := &marks{}
	return s.learnMarked(known, m, tagged(m))
}

// learnMarked renders with values changed to hold marks, and learns from the lines that are the same without them.
func (s *session) learnMarked(known *knowledge, m *marks, change edits) error {
	files, values := s.changed(s.instrumented(m, true), change), s.changedValues(change)
	rendered, _, err := s.render(files, values, functions())
	if err != nil {
		return err
	}
	for _, name := range s.names() {
		clean, withMarks := s.lines(name), strings.Split(rendered[name], "\n")
		if known.values[name] == nil {
			known.values[name] = make([][]spot, len(clean))
		}
		if len(clean) != len(withMarks) {
			continue
		}
		for i := range clean {
			bare, places := m.read(withMarks[i])
			if len(places) > 0 && unquoted(bare) == unquoted(clean[i]) {
				for _, p := range places {
					known.learn(s, name, i, p.spot)
				}
			}
		}
	}
	return nil
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
	s.rename = func(v *scalar, key string) string {
		path := strings.Join(v.keys, "\x00")
		if old, seen := paths[key]; seen && old != path {
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

func unquoted(text string) string { return strings.NewReplacer(`"`, "", `'`, "").Replace(text) }

// renderValues renders with changed values.
func (s *session) renderValues(change edits) (map[string]string, error) {
	rendered, _, err := s.render(s.changed(s.files, change), s.changedValues(change), nil)
	return rendered, err
}

// instrumented are the chart's files with templates printed anew.
func (s *session) instrumented(m *marks, valuesOnly bool) []chartFile {
	files := slices.Clone(s.files)
	for i, f := range files {
		if f.isTemplate() {
			files[i].data = []byte(instrument(m, f.name, f.origin, string(f.data), valuesOnly))
		}
	}
	return files
}

// changed are files with changed values.
func (s *session) changed(files []chartFile, change edits) []chartFile {
	files = slices.Clone(files)
	for i, f := range files {
		if f.isValues() {
			files[i].data = editYAML(f.origin, f.data, change, s.rename)
		}
	}
	return files
}

// changedValues are the user's values, changed.
func (s *session) changedValues(change edits) Values {
	var values Values
	for _, f := range s.asked.Values.Files {
		values.Files = append(values.Files, UserFile{f.Path, editYAML(f.Path, f.Data, change, s.rename)})
	}
	for i, argument := range s.asked.Values.Set {
		values.Set = append(values.Set, editSet(setFile, i+1, argument, false, change))
	}
	for i, argument := range s.asked.Values.SetString {
		values.SetString = append(values.SetString, editSet(setStringFile, i+1, argument, true, change))
	}
	return values
}

// eachValue visits all values.
func (s *session) eachValue(visit func(*scalar)) {
	see := func(v *scalar, _ string) (string, bool) {
		if len(v.keys) > 0 {
			visit(v)
		}
		return "", false
	}
	s.changed(s.files, see)
	s.changedValues(see)
}
