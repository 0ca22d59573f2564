package origins

// This file owns the order of work: the marked render, the render with marked values, trials, and what is told of each line.

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path"
	"runtime"
	"runtime/debug"
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
	// keys are where keys of values stand.
	keys keyPlaces
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

// softMemory is what the collector tries to stay below. In a guest memory never shrinks, and more than one render is held.
const softMemory = 512 << 20

// Tell tells where the lines of a rendered set were written.
func Tell(asked Asked) (protocol.Response, error) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(softMemory))
	defer silence()()
	asked.At = fromRoot(asked.At)
	response := protocol.Response{Text: asked.Text}
	files, err := filesOf(asked.Chart, asked.At)
	if err != nil {
		response.Warnings = append(response.Warnings, "cannot tell origins: "+oneLine(err))
		return response, nil
	}
	s := &session{asked: asked, files: files, clean: asked.Files, split: map[string][]string{}}
	for _, f := range files {
		if marked(string(f.data)) {
			response.Warnings = append(response.Warnings, fmt.Sprintf("cannot tell origins: `%s` holds letters that origins are marked with", f.origin))
			return response, nil
		}
	}
	s.keys = s.places()
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

// fromRoot is a path from the root of the checkout, however it was asked for.
func fromRoot(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

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
	runtime.GC()
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

func unquoted(text string) string { return strings.NewReplacer(`"`, "", `'`, "").Replace(text) }
