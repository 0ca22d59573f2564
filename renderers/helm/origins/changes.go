package origins

// This file owns changed sources: the chart's files and the user's values as a further render gets them.

import "slices"

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
		values.Files = append(values.Files, UserFile{f.Path, editYAML(fromRoot(f.Path), f.Data, change, s.rename)})
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
