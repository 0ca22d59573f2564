package origins

// This file owns what is known of each field: the place it was written at, and whether that is proved.

import (
	"slices"
	"strings"
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
	// certain says that nodes lead to home, not only its name.
	certain bool
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
	a.certain = true
	end := a.home.first + strings.Count(a.home.text, "\n") + 1
	for _, f := range a.resource.fields {
		if k, ok := a.keys[f.pointer]; ok && k.file == a.home.file && k.line >= a.home.first &&
			k.line < end && (!a.start.known() || k.line < a.start.line) {
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
		own := a.home.at(pointer)
		if own == nil || own.value != value || own.key == nil {
			continue
		}
		// A namespace's name may be that which a kustomization puts everything into.
		sure := own.column > 0 && a.certain && !isTouched(doubt, pointer) && !(pointer == "/metadata/name" && a.resource.kind == "Namespace")
		a.values[pointer] = answer{own.place, sure}
		a.keys[pointer] = answer{own.key.place, sure}
		a.from[pointer] = own
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
		o := f.counterpart(other.resource)
		if o == nil || o.node.Kind != f.node.Kind {
			continue
		}
		if k, ok := other.keys[o.pointer]; ok && !a.keys[f.pointer].exact {
			a.keys[f.pointer] = k
		}
		if a.values[f.pointer].exact {
			continue
		}
		v, ok := other.values[o.pointer]
		if !ok {
			continue
		}
		a.values[f.pointer] = answer{v.place, v.exact && (!f.scalar() || o.node.Value == f.node.Value)}
		if s := other.from[o.pointer]; s != nil && a.from[f.pointer] == nil {
			a.from[f.pointer] = s
		}
	}
	if !a.start.known() {
		a.start, a.home, a.certain = other.start, other.home, other.certain
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
