package origins

// This file owns what is known of each field: the place it was written at, and whether that is proved.

import (
	"regexp"
	"slices"
	"strings"

	y3 "go.yaml.in/yaml/v3"
)

// answer is a place, proved or concluded.
type answer struct {
	place
	exact bool
}

// answers are those of one resource: for its values and its keys by pointer, and for the resource as a whole.
type answers struct {
	resource *resource
	values   map[string]answer
	keys     map[string]answer
	// from is the source that a value's position leads to, whatever it says.
	from map[string]*source
	// proved are the values that a trial proved.
	proved map[string]bool
	// home is the document that most of the resource comes from.
	home *document
	// start is where the resource as a whole comes from.
	start place
}

// byPosition answers from the positions that nodes kept. A field whose node says what its source says is proved.
func byPosition(r *resource, from *reads, doubt [][]string) *answers {
	a := &answers{resource: r, values: map[string]answer{}, keys: map[string]answer{}, from: map[string]*source{}, proved: map[string]bool{}}
	count := map[*document]int{}
	for _, f := range r.fields {
		if at, s, sure := from.find(f.key); at.known() && s != nil {
			a.keys[f.pointer] = answer{at, sure && s.kind == isKey && s.value == f.key.Value && at.column > 0}
			count[s.in]++
		}
		at, s, sure := from.find(f.node)
		if !at.known() || s == nil {
			continue
		}
		if !f.scalar() {
			a.values[f.pointer] = answer{at, sure && s.kind != isScalar && at.column > 0}
			continue
		}
		a.from[f.pointer] = s
		same := s.kind == isScalar && s.value == f.node.Value
		a.values[f.pointer] = answer{at, sure && same && !isTouched(doubt, f.pointer)}
	}
	a.settle(count)
	a.identity(doubt)
	return a
}

// settle finds the document that most fields come from. Ties go to the earlier file and line.
func (a *answers) settle(count map[*document]int) {
	for d, n := range count {
		h := a.home
		if h == nil || n > count[h] || n == count[h] && (d.file < h.file || d.file == h.file && d.first < h.first) {
			a.home = d
		}
	}
	if a.home == nil {
		return
	}
	for _, f := range a.resource.fields {
		if k, ok := a.keys[f.pointer]; ok && k.file == a.home.file && k.line >= a.home.first &&
			k.line < a.home.first+strings.Count(a.home.text, "\n")+1 && (!a.start.known() || k.line < a.start.line) {
			a.start = place{k.file, k.line, 0}
		}
	}
}

// identity leads what makes an object that object back to where the object says it: a patch repeats it, and kustomize gives
// it to the patched object anew.
func (a *answers) identity(doubt [][]string) {
	if a.home == nil {
		return
	}
	for _, pointer := range []string{"/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"} {
		value, ok := a.resource.value(pointer)
		from := a.from[pointer]
		if !ok || from != nil && from.in == a.home || from == nil && pointer == "/metadata/namespace" || a.proved[pointer] {
			continue
		}
		for _, own := range a.home.sources {
			if own.path == pointer && own.value == value && own.key != nil {
				sure := own.column > 0 && !isTouched(doubt, pointer)
				a.values[pointer] = answer{own.place, sure}
				a.keys[pointer] = answer{own.key.place, sure}
				a.from[pointer] = own
			}
		}
	}
}

// isTouched says whether replacements write to a field.
func isTouched(doubt [][]string, pointer string) bool {
	return slices.ContainsFunc(doubt, func(path []string) bool { return touches(path, pointer) })
}

// take puts a value down to a source that a trial proved, and its key if the source stands under that key.
func (a *answers) take(pointer string, s *source) {
	a.values[pointer] = answer{s.place, true}
	a.proved[pointer] = true
	f := a.resource.byPointer[pointer]
	if f.key == nil || a.keys[pointer].exact {
		return
	}
	if s.key != nil && s.key.value == f.key.Value {
		a.keys[pointer] = answer{s.key.place, true}
		return
	}
	a.keys[pointer] = answer{s.place, false}
}

// takeForemost puts a value down to the one source of those that reached it.
func (a *answers) takeForemost(m moved) {
	value, _ := a.resource.value(m.pointer)
	a.take(m.pointer, foremost(m.edits, value, a.from[m.pointer]).of)
}

// borrow takes over what another render of the same resource knows, where the field is the same there.
func (a *answers) borrow(other *answers) {
	for _, f := range a.resource.fields {
		o := other.resource.byPointer[f.pointer]
		if o == nil || o.node.Kind != f.node.Kind || !f.sameItems(other.resource) {
			continue
		}
		if k, ok := other.keys[f.pointer]; ok && !a.keys[f.pointer].exact {
			a.keys[f.pointer] = k
		}
		if a.values[f.pointer].exact {
			continue
		}
		v, ok := other.values[f.pointer]
		if !ok {
			continue
		}
		a.values[f.pointer] = answer{v.place, v.exact && (!f.scalar() || o.node.Value == f.node.Value)}
		if s := other.from[f.pointer]; s != nil && a.from[f.pointer] == nil {
			a.from[f.pointer] = s
		}
	}
	if !a.start.known() {
		a.start, a.home = other.start, other.home
	}
}

// open lists the scalars that nothing was proved of yet.
func (a *answers) open() []*field {
	var left []*field
	for _, f := range a.resource.fields {
		if f.scalar() && !a.values[f.pointer].exact {
			left = append(left, f)
		}
	}
	return left
}

// candidates finds sources that a field may come from: those with its value under the same path, what is written where its
// node or its key comes from, and in doubt any with its value.
type candidates struct {
	byValue map[string][]*source
	byKey   map[place]*source
	doubt   [][]string
	// replacing are the sources of replacements.
	replacing []*source
}

var items = regexp.MustCompile(`/\d+`)

func candidatesOf(r *reads, doubt [][]string, more []*source) *candidates {
	c := &candidates{byValue: map[string][]*source{}, byKey: map[place]*source{}, doubt: doubt}
	add := func(s *source) {
		c.byValue[s.value] = append(c.byValue[s.value], s)
		if s.key != nil {
			c.byKey[s.key.place] = s
		}
	}
	from := fieldPaths(r, replacedFrom)
	for _, f := range r.sorted() {
		for _, d := range f.documents {
			d.parse()
			for _, s := range d.sources {
				add(s)
				if isTouched(from, s.path) && len(c.replacing) < maxReplacing {
					c.replacing = append(c.replacing, s)
				}
			}
		}
	}
	for _, s := range more {
		if s.spot != nil {
			add(s)
		}
	}
	return c
}

// maxReplacing bounds the candidates that a replacement without an equal value has.
const maxReplacing = 200

// of lists the candidates of a field.
func (c *candidates) of(a *answers, f *field) []*source {
	var found []*source
	add := func(s *source) {
		if s != nil && s.kind == isScalar && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	add(a.from[f.pointer])
	if k, ok := a.keys[f.pointer]; ok {
		add(c.byKey[k.place])
	}
	anywhere := isTouched(c.doubt, f.pointer)
	pattern := items.ReplaceAllString(f.pointer, "/#")
	if anywhere {
		for _, s := range c.replacing {
			add(s)
		}
	}
	for _, s := range c.byValue[f.node.Value] {
		if anywhere || strings.HasSuffix(items.ReplaceAllString(s.path, "/#"), pattern) {
			add(s)
		}
	}
	return found
}

// guess concludes where an open field comes from, without proof.
func (c *candidates) guess(a *answers, f *field) (place, bool) {
	if a.values[f.pointer].known() && a.from[f.pointer] != nil && a.from[f.pointer].value == f.node.Value {
		return place{}, false
	}
	var same []*source
	for _, s := range c.of(a, f) {
		if s.value == f.node.Value && s != a.from[f.pointer] {
			same = append(same, s)
		}
	}
	if own := slices.IndexFunc(same, func(s *source) bool { return s.in == a.home }); own >= 0 && len(same) > 1 {
		same = same[own : own+1]
	}
	if len(same) == 1 {
		return same[0].place, true
	}
	if k, ok := a.keys[f.pointer]; ok && f.node.Line <= firstLine {
		return k.place, true
	}
	return place{}, false
}

// editable leaves out what a change would break for sure: what an object is.
func editable(s *source) bool {
	return s.path != "/kind" && s.path != "/apiVersion" && s.style&y3.TaggedStyle == 0
}

// names says whether a source names its object: changed, patches and references may miss it.
func names(s *source) bool {
	return strings.HasSuffix(s.path, "/name") || strings.HasSuffix(s.path, "/namespace") || strings.Contains(s.path, "/target/")
}
