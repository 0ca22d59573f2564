package origins

// This file owns the order in which answers are sought: positions first, trials only for what they leave open.

import (
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"sluice.dev/renderers/protocol"
)

// softMemory is what the collector tries to stay below. In a guest memory never shrinks, and more than one render is held.
const softMemory = 512 << 20

// Render renders the kustomization at a path and tells where its fields come from, by files from the root. The text is what
// it is without origins.
func Render(files filesys.FileSystem, root, folder string, options *krusty.Options, level protocol.Level) (protocol.Response, error) {
	if err := checkLayout(); err != nil {
		return protocol.Response{}, err
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(softMemory))
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(root, folder)
	}
	s := &session{files: files, root: root, path: folder, options: *options}
	result, read, err := s.render(nil, options.Reorder)
	if err != nil {
		return protocol.Response{}, s.plainError(err)
	}
	text, err := result.AsYaml()
	if err != nil {
		return protocol.Response{}, err
	}
	doubt := overwritten(read)
	var all []*answers
	for _, r := range treesOf(result) {
		all = append(all, byPosition(r, read, doubt))
	}
	found := settersOf(read)
	known := candidatesOf(read, doubt, found)
	if level == protocol.All {
		s.marks = newMarks(read.sorted())
		if err := s.prove(all, read, found, known); err != nil {
			return protocol.Response{}, err
		}
	}
	for _, a := range all {
		a.settleStart(read, found)
		conclude(a, known)
	}
	return respond(text, all)
}

// plainError gives the error as kustomize words it without us: parsers name lines, and ours are shifted.
func (s *session) plainError(ours error) error {
	defer silence()()
	options := s.options
	if _, err := krusty.MakeKustomizer(&options).Run(s.files, s.path); err != nil {
		return err
	}
	return ours
}

// prove runs trials for what positions leave open.
func (s *session) prove(sorted []*answers, read *reads, found setters, known *candidates) error {
	all, read, err := s.unsorted(sorted, read)
	if err != nil {
		return err
	}
	// What kustomizations, generators and JSON patches set. A field that moves with one of them comes from there, even
	// if its node still says what some file says.
	edits := s.edits(read, found.sources)
	for _, m := range s.move(append(edits, s.renames(read, found.generators, len(edits))...)) {
		all[m.resource].takeForemost(m)
	}
	// What JSON patches pass through: its positions are those without the patches.
	if len(found.targets) > 0 {
		if result, r, ok := s.trial(s.edits(read, found.targets)); ok {
			for i, without := range result {
				all[i].borrow(byPosition(without, r, known.doubt))
			}
		}
	}
	// What may come from somewhere else: names apart, as their change is likely to break something.
	for _, naming := range []bool{false, true} {
		var tried []*source
		seen := map[*source]bool{}
		for _, a := range all {
			for _, f := range a.open() {
				for _, c := range known.of(a, f) {
					if editable(c) && names(c) == naming && !seen[c] {
						seen[c] = true
						tried = append(tried, c)
					}
				}
			}
		}
		for _, m := range s.move(s.edits(read, tried)) {
			if a := all[m.resource]; !a.values[m.pointer].exact {
				a.takeForemost(m)
			}
		}
	}
	return nil
}

// unsorted renders without sorting, so that a changed name leaves objects where they are, and gives the answers in that
// order. Trials are compared with this render.
func (s *session) unsorted(sorted []*answers, read *reads) ([]*answers, *reads, error) {
	defer silence()()
	m, _, err := s.render(nil, krusty.ReorderOptionNone)
	if err != nil {
		return nil, nil, err
	}
	s.base = treesOf(m)
	var all []*answers
	taken := map[*answers]bool{}
	for _, r := range s.base {
		for _, a := range sorted {
			o := a.resource
			if !taken[a] && o.kind == r.kind && o.name == r.name && o.namespace == r.namespace && len(o.fields) == len(r.fields) {
				taken[a] = true
				all = append(all, a)
				break
			}
		}
	}
	if len(all) != len(sorted) || len(all) != len(s.base) {
		return nil, nil, errPrinted
	}
	return all, read, nil
}

// conclude gives open fields the best place there is, unproved.
func conclude(a *answers, known *candidates) {
	a.identity(known.doubt)
	if a.home == nil {
		a.fromStart("/apiVersion", "/kind", "/metadata/name")
	}
	for _, f := range a.open() {
		if p, ok := known.guess(a, f); ok {
			a.values[f.pointer] = answer{p, false}
		} else if _, told := a.values[f.pointer]; !told && a.start.known() {
			a.values[f.pointer] = answer{a.start, false}
		}
	}
}

// settleStart finds where a resource comes from that has no position left: the generator that names it, the document that
// names it, or at last the kustomization itself.
func (a *answers) settleStart(read *reads, found setters) {
	if a.start.known() {
		return
	}
	best := ""
	for _, g := range found.generators {
		kind := "ConfigMap"
		if strings.HasPrefix(g.path, "/secret") {
			kind = "Secret"
		}
		if kind == a.resource.kind && strings.Contains(a.resource.name, g.value) && len(g.value) >= len(best) {
			best, a.start = g.value, g.place
		}
	}
	if a.start.known() {
		return
	}
	for _, f := range read.sorted() {
		for _, d := range f.documents {
			if p, name, ok := d.names(a.resource.kind); ok && strings.Contains(a.resource.name, name) && len(name) > len(best) {
				best, a.start, a.home = name, p, d
			}
		}
	}
	if a.start.known() {
		return
	}
	if read.outermost != "" {
		a.start = place{read.outermost, 1, 0}
	}
}

// fromStart concludes that fields of which nothing is known come from where the resource comes from.
func (a *answers) fromStart(pointers ...string) {
	for _, pointer := range pointers {
		if _, known := a.values[pointer]; !known && a.start.known() && a.resource.byPointer[pointer] != nil {
			a.values[pointer] = answer{a.start, false}
		}
	}
}

// names tells the name of the object of a kind that a document holds, and where the object begins.
func (d *document) names(kind string) (place, string, bool) {
	d.parse()
	isKind, name := d.at("/kind"), d.at("/metadata/name")
	if isKind == nil || isKind.value != kind || name == nil || name.value == "" {
		return place{}, "", false
	}
	start := isKind.place
	for _, s := range d.sources {
		if s.line < start.line {
			start = s.place
		}
	}
	return place{start.file, start.line, 0}, name.value, true
}

// respond writes the answers as the protocol has them.
func respond(text []byte, all []*answers) (protocol.Response, error) {
	entries, err := entriesOf(text, all)
	if err != nil {
		return protocol.Response{}, err
	}
	response := protocol.Response{Text: text}
	for _, e := range entries {
		response.Files = append(response.Files, e.from.file)
	}
	slices.Sort(response.Files)
	response.Files = slices.Compact(response.Files)
	for _, e := range entries {
		index, _ := slices.BinarySearch(response.Files, e.from.file)
		exact := 0
		if e.from.exact {
			exact = 1
		}
		response.Origins = append(response.Origins, protocol.Origin{e.line, e.column, index, e.from.line, e.from.column, exact})
	}
	return response, nil
}
