package origins

// This file owns what was read: a file system that passes bytes through and remembers them, and the way from a line number
// that a document was decoded with back to the document.

import (
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	y3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// file is one file that kustomize read.
type file struct {
	path string
	raw  string
	// lines are where lines begin, once asked for.
	lines     []int
	documents []*document
	// kustomization says that the file is one, not a resource or a patch.
	kustomization bool
	// seen is when the file was read last.
	seen int
}

// reads is a file system that remembers, and that shows kustomize changed files where a trial asks for it.
type reads struct {
	filesys.FileSystem
	root  string
	files map[string]*file
	// edits are the trial's changes, by file.
	edits map[string][]edit

	// outermost is the kustomization that is rendered: the first to be read.
	outermost string

	byText map[string][]*document
	// seen counts reads; taken are the documents that were decoded since their file was read last.
	seen   int
	taken  map[*document]bool
	placed []placed
	next   int
}

// placed is a document with the line number that it was decoded with. It is ambiguous when the same text stands elsewhere.
type placed struct {
	base      int
	document  *document
	ambiguous bool
}

func newReads(files filesys.FileSystem, root string, edits map[string][]edit) *reads {
	return &reads{
		FileSystem: files, root: root, edits: edits,
		files: map[string]*file{}, byText: map[string][]*document{}, taken: map[*document]bool{}, next: firstLine,
	}
}

// ReadFile reads a file as it is, and remembers it.
func (r *reads) ReadFile(name string) ([]byte, error) {
	content, err := r.FileSystem.ReadFile(name)
	if err != nil {
		return content, err
	}
	relative, err := filepath.Rel(r.root, name)
	if err != nil {
		return content, nil // outside the checkout: kustomize itself refuses it
	}
	relative = filepath.ToSlash(relative)
	known := r.files[relative]
	if known == nil {
		known = r.remember(relative, string(content))
	}
	r.seen++
	known.seen = r.seen
	for _, d := range known.documents {
		delete(r.taken, d)
	}
	if edits := r.edits[relative]; len(edits) > 0 {
		return []byte(apply(string(content), edits)), nil
	}
	return content, nil
}

func (r *reads) remember(name, raw string) *file {
	f := &file{
		path: name, raw: raw, documents: split(name, raw),
		kustomization: slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(name)),
	}
	r.files[name] = f
	if f.kustomization {
		if r.outermost == "" {
			r.outermost = name
		}
		for _, d := range slices.Clone(f.documents) {
			d.parse()
			for _, s := range d.sources {
				if inlinePath.MatchString(s.path) {
					f.documents = append(f.documents, inlined(s, raw)...)
				}
			}
		}
	}
	for _, d := range f.documents {
		r.byText[d.text] = append(r.byText[d.text], d)
	}
	return f
}

// place gives a text that is about to be decoded lines of its own.
func (r *reads) place(text string) int {
	base := r.next
	r.next += strings.Count(text, "\n") + 2
	d, ambiguous := r.choose(text)
	r.placed = append(r.placed, placed{base, d, ambiguous})
	return base
}

// choose finds the document with this text. Kustomize decodes a file right after reading it, and its documents in order,
// which tells equal texts apart. What stands in a kustomization is decoded later, so there the answer is ambiguous.
func (r *reads) choose(text string) (d *document, ambiguous bool) {
	same := r.byText[text]
	if len(same) == 0 {
		return nil, false
	}
	if len(same) == 1 {
		return same[0], false
	}
	best := -1
	for i, d := range same {
		if !r.taken[d] && (best < 0 || r.files[d.file].seen > r.files[same[best].file].seen) {
			best = i
		}
	}
	if best < 0 {
		return same[0], true
	}
	r.taken[same[best]] = true
	return same[best], same[best].inline != nil || r.files[same[best].file].seen != r.seen
}

// find leads from a node to what is written where it was decoded.
func (r *reads) find(n *y3.Node) (at place, s *source, sure bool) {
	if n == nil || n.Line <= firstLine {
		return place{}, nil, false
	}
	i := sort.Search(len(r.placed), func(i int) bool { return r.placed[i].base >= n.Line }) - 1
	if i < 0 || r.placed[i].document == nil {
		return place{}, nil, false
	}
	p := r.placed[i]
	p.document.parse()
	line := n.Line - p.base
	return p.document.locate(line, n.Column), p.document.byPlace[[2]int{line, n.Column}], !p.ambiguous && !p.document.vague
}

// sorted lists the files by path.
func (r *reads) sorted() []*file {
	var all []*file
	for _, f := range r.files {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *file) int { return strings.Compare(a.path, b.path) })
	return all
}
