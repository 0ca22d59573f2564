package origins

// This file owns documents: a piece of YAML as kustomize decodes it, where it stands in its file, and its scalars.

import (
	"regexp"
	"strconv"
	"strings"

	y3 "go.yaml.in/yaml/v3"
)

// place is a line and a column of a file, both from 1; column 0 is the line as a whole, line 0 is nowhere.
type place struct {
	file         string
	line, column int
}

func (p place) known() bool { return p.line > 0 }

// source is something written in a file: a scalar, a key or the beginning of a collection.
type source struct {
	place
	kind sourceKind
	// path is the JSON pointer within the document; a key has that of its value.
	path string
	// writes is the pointer that a value of a JSON patch is written to.
	writes string
	// value is the scalar's or key's text as decoded.
	value string
	// key is the key that the scalar stands under, where there is one.
	key *source
	// style tells how a scalar is quoted, integer whether it reads as a number.
	style   y3.Style
	integer bool
	in      *document
	// at is a place within a scalar, for a line of an environment file; spot is where a trial may write.
	spot *spot
}

type sourceKind uint8

const (
	isScalar sourceKind = iota
	isKey
	isCollection
)

// document is one text that kustomize decodes as a whole: a document of a file, or a patch written into a kustomization.
type document struct {
	file string
	text string
	// first is the line in the file that the text begins on, shift how many columns are before each line's text.
	first, shift int
	// lineOnly says that the text is not written as it reads, on one line: the line is right, columns are not.
	lineOnly bool
	// vague says that not even lines are right.
	vague bool
	// inline is the scalar that holds the text, for a patch in a kustomization.
	inline *source

	parsed  bool
	root    y3.Kind
	byPlace map[[2]int]*source
	sources []*source
	byPath  map[string]*source
	// moves are the operations of a JSON patch that take a value from elsewhere: from, path.
	moves [][2]string
}

// at is the scalar under a pointer, nil if there is none.
func (d *document) at(pointer string) *source {
	d.parse()
	if d.byPath == nil {
		d.byPath = make(map[string]*source, len(d.sources))
		for _, s := range d.sources {
			d.byPath[s.path] = s
		}
	}
	return d.byPath[pointer]
}

var separator = regexp.MustCompile(`\n---.*\n`)

// split cuts a file's text where kustomize cuts it.
func split(file, text string) []*document {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var documents []*document
	for first := 1; ; {
		cut := separator.FindStringIndex(text)
		if cut == nil {
			return append(documents, &document{file: file, text: text, first: first})
		}
		documents = append(documents, &document{file: file, text: text[:cut[0]] + "\n", first: first})
		first += strings.Count(text[:cut[1]], "\n")
		text = text[cut[1]:]
	}
}

// locate turns a line and column of the document's text into a place in the file.
func (d *document) locate(line, column int) place {
	switch {
	case d.vague && d.inline != nil:
		return place{d.file, d.inline.line, 0}
	case d.lineOnly:
		return place{d.file, d.first, 0}
	case line == 1 && d.inline != nil && d.inline.style&(y3.LiteralStyle|y3.FoldedStyle) == 0:
		return place{d.file, d.first, column + d.shift}
	}
	return place{d.file, d.first + line - 1, column + d.shift}
}

// parse reads the document's sources, once. A text that is no YAML has none.
func (d *document) parse() {
	if d.parsed {
		return
	}
	d.parsed, d.byPlace = true, map[[2]int]*source{}
	var n y3.Node
	if y3.Unmarshal([]byte(d.text), &n) != nil || len(n.Content) == 0 {
		return
	}
	d.root = n.Content[0].Kind
	d.walk(n.Content[0], "", nil)
	if d.root == y3.SequenceNode {
		d.operations()
	}
}

// operations tells the values of a JSON patch which pointer they are written to.
func (d *document) operations() {
	paths, tests := map[string]string{}, map[string]bool{}
	for i := 0; ; i++ {
		operation := "/" + strconv.Itoa(i)
		if d.at(operation+"/op") == nil {
			break
		}
		if from, to := d.at(operation+"/from"), d.at(operation+"/path"); from != nil && to != nil {
			d.moves = append(d.moves, [2]string{from.value, to.value})
		}
	}
	for _, s := range d.sources {
		if strings.Count(s.path, "/") == 2 && last(s.path) == "op" && s.value == "test" {
			tests[strings.Split(s.path, "/")[1]] = true // its value goes nowhere
		}
		if strings.Count(s.path, "/") == 2 && last(s.path) == "path" {
			paths[strings.Split(s.path, "/")[1]] = s.value
		}
	}
	for _, s := range d.sources {
		if tokens := strings.SplitN(s.path, "/", 4); len(tokens) > 2 && tokens[2] == "value" && !tests[tokens[1]] {
			s.writes = strings.Join(append([]string{paths[tokens[1]]}, tokens[3:]...), "/")
		}
	}
}

func (d *document) walk(n *y3.Node, path string, key *source) {
	switch n.Kind {
	case y3.ScalarNode:
		s := d.add(n, isScalar, path, key)
		s.style, s.integer = n.Style, n.ShortTag() == "!!int"
	case y3.MappingNode:
		d.add(n, isCollection, path, key)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, inner := n.Content[i], path+"/"+escape(n.Content[i].Value)
			d.walk(n.Content[i+1], inner, d.add(k, isKey, inner, nil))
		}
	case y3.SequenceNode:
		d.add(n, isCollection, path, key)
		for i, item := range n.Content {
			d.walk(item, path+"/"+strconv.Itoa(i), nil)
		}
	case y3.AliasNode, y3.DocumentNode:
		// What an alias stands for is written at its anchor.
	}
}

// add keeps a source. A block mapping begins where its first key begins: the key is what stands there.
func (d *document) add(n *y3.Node, kind sourceKind, path string, key *source) *source {
	s := &source{place: d.locate(n.Line, n.Column), kind: kind, path: path, value: n.Value, key: key, in: d}
	if kind == isScalar && n.Line == 0 {
		s.place = place{}
	}
	at := [2]int{n.Line, n.Column}
	if old := d.byPlace[at]; old == nil || old.kind == isCollection {
		d.byPlace[at] = s
	}
	if kind == isScalar {
		d.sources = append(d.sources, s)
	}
	return s
}

// escape writes a key as a token of a JSON pointer (RFC 6901).
func escape(key string) string {
	if !strings.ContainsAny(key, "~/") {
		return key
	}
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// last is the last token of a pointer, unescaped.
func last(pointer string) string {
	token := pointer[strings.LastIndexByte(pointer, '/')+1:]
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}
