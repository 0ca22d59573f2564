package origins

// This file owns trials: renders with changed sources, which prove where a field comes from by its moving along.

import (
	"io"
	"log"
	"os"
	"regexp"
	"runtime"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// maxTrials bounds the renders of one call: changes that break a render are halved until they do not.
const maxTrials = 24

// session is one call: the checkout, and what it takes to render.
type session struct {
	files   filesys.FileSystem
	root    string
	path    string
	options krusty.Options
	// base is the result that trials are compared with, in the order in which kustomize puts it together.
	base   rendered
	marks  marks
	trials int
}

// render runs kustomize; with edits it is a trial, whose warnings are nobody's.
func (s *session) render(edits []edit, order krusty.ReorderOption) (m resmap.ResMap, r *reads, err error) {
	byFile := map[string][]edit{}
	for _, e := range edits {
		byFile[e.file] = append(byFile[e.file], e)
	}
	r = newReads(s.files, s.root, byFile)
	options := s.options
	options.Reorder = order
	hooked(r.place, func() {
		m, err = krusty.MakeKustomizer(&options).Run(r, s.path)
	})
	return m, r, err
}

// trial renders changed sources. It keeps quiet and survives what the changes may break.
func (s *session) trial(edits []edit) (result rendered, r *reads, ok bool) {
	if s.trials >= maxTrials {
		return nil, nil, false
	}
	s.trials++
	runtime.GC() // a render leaves hundreds of megabytes behind where there are CRDs
	defer silence()()
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	m, r, err := s.render(edits, krusty.ReorderOptionNone)
	if err != nil {
		return nil, nil, false
	}
	result = treesOf(m)
	return result, r, s.comparable(result)
}

// silence drops what kustomize writes to the log, until the returned function is called.
func silence() func() {
	stderr, writer := os.Stderr, log.Writer()
	os.Stderr = nil
	log.SetOutput(io.Discard)
	return func() {
		os.Stderr = stderr
		log.SetOutput(writer)
	}
}

// comparable says whether a trial left the same objects in the same order.
func (s *session) comparable(other rendered) bool {
	if len(other) != len(s.base) {
		return false
	}
	for i, r := range other {
		if r.kind != s.base[i].kind {
			return false
		}
	}
	return true
}

// moved is a field that a changed source reached.
type moved struct {
	resource int
	pointer  string
	edits    []edit
}

// move makes changes and tells which fields show them. Changes that break the render are tried by halves.
func (s *session) move(edits []edit) []moved {
	if len(edits) == 0 || s.trials >= maxTrials {
		return nil
	}
	result, _, ok := s.trial(edits)
	if !ok {
		if len(edits) == 1 {
			return nil
		}
		half := len(edits) / 2
		return append(s.move(edits[:half]), s.move(edits[half:])...)
	}
	byMark := map[string]edit{}
	for _, e := range edits {
		byMark[e.mark] = e
	}
	pattern := regexp.MustCompile(regexp.QuoteMeta(s.marks.prefix) + `\d{5}q`)
	var found []moved
	for i, r := range s.base {
		for _, f := range r.fields {
			if !f.scalar() {
				continue
			}
			now, ok := result[i].value(f.pointer)
			if !ok || now == f.node.Value {
				continue
			}
			if shown := shows(now, pattern, byMark); len(shown) > 0 {
				found = append(found, moved{i, f.pointer, shown})
			}
		}
	}
	return found
}

// shows lists the changes whose marks a value holds, as it is or in base64, in their order there.
func shows(value string, pattern *regexp.Regexp, byMark map[string]edit) []edit {
	if e, ok := byMark[value]; ok {
		return []edit{e}
	}
	var shown []edit
	for _, text := range []string{value, decoded(value)} {
		for _, mark := range pattern.FindAllString(text, -1) {
			if e, ok := byMark[mark]; ok {
				shown = append(shown, e)
			}
		}
	}
	return shown
}

// edits marks sources, each with a mark of its own. A source that cannot be changed in place is left out.
func (s *session) edits(r *reads, sources []*source) []edit {
	var all []edit
	for _, c := range sources {
		e, ok := edit{}, false
		if f := r.files[c.file]; countPath.MatchString(c.path) && c.in.inline == nil && f.kustomization {
			e, ok = numbered(c, f, len(all))
		} else {
			e, ok = marked(c, f, s.marks.mark(len(all)))
		}
		if ok {
			all = append(all, e)
		}
	}
	return all
}

// renames marks names, equal ones alike: changed alone, a generator that merges would not find its object.
func (s *session) renames(r *reads, names []*source, first int) []edit {
	var all []edit
	byName := map[string]string{}
	for _, c := range names {
		mark, ok := byName[c.value]
		if !ok {
			mark = s.marks.mark(first + len(byName))
			byName[c.value] = mark
		}
		if e, ok := marked(c, r.files[c.file], mark); ok {
			all = append(all, e)
		}
	}
	return all
}

// foremost chooses the change that a field is put down to: the one whose text is the whole value, else the source of a
// replacement rather than what was there before, for an image its tag, else the first in the text, as the outermost prefix
// is.
func foremost(shown []edit, value string, before *source) edit {
	for _, e := range shown {
		if e.of.value == value {
			return e
		}
	}
	for _, name := range []string{"digest", "newTag", "tagSuffix", "newName", "nameSuffix", "suffix"} {
		for i := len(shown) - 1; i >= 0; i-- {
			if last(shown[i].of.path) == name {
				return shown[i]
			}
		}
	}
	for _, e := range shown {
		if e.of != before {
			return e
		}
	}
	return shown[0]
}
